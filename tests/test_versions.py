"""Versions are those that are installed; what is not installed has none."""

import platform
from importlib.metadata import version

from napari_oneshot_color.versions import PROGRAM, installed_version, installed_versions


def test_versions_of_packages_that_affect_colors_are_listed():
    found = installed_versions()
    assert found["python"] == platform.python_version()
    assert found["torch"] == version("torch")
    assert found[PROGRAM] == version(PROGRAM)


def test_missing_package_has_no_version():
    assert installed_version("no-such-library-anywhere") == "not installed"
