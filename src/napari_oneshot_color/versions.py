"""Versions of this program and of the libraries that affect colours."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["PROGRAM", "installed_version", "installed_versions"]

PROGRAM = "napari-oneshot-color"
"""Its name among the versions."""

_LIBRARIES = (PROGRAM, "torch", "numpy", "scipy", "scikit-image")


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that affect colours."""
    return {"python": platform.python_version()} | {
        library: installed_version(library) for library in _LIBRARIES
    }


def installed_version(library: str) -> str:
    """Return a library's version, or ``not installed``, as for a copy that runs in place."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
