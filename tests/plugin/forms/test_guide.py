"""The guide is opened by the user's browser, at the address that the package states."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from qtpy.QtGui import QDesktopServices

from napari_oneshot_color.plugin.forms import guide
from napari_oneshot_color.plugin.forms.guide import Guide, documentation

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
ADDRESS = PROJECT["urls"]["Documentation"]


def test_address_is_that_of_the_package():
    assert documentation() == ADDRESS


@pytest.mark.parametrize("has_browser", [True, False])
def test_click_opens_the_browser_or_shows_the_address(qtbot, monkeypatch, said, has_browser):
    opened = []

    def open_address(url):
        opened.append(url.toString())
        return has_browser

    monkeypatch.setattr(QDesktopServices, "openUrl", open_address)
    link = Guide()
    qtbot.addWidget(link)
    link.click()
    assert opened == [ADDRESS]
    assert [ADDRESS in sentence for sentence in said()] == [True] * (not has_browser)


def test_package_that_is_not_installed_shows_no_link(qtbot, monkeypatch):
    def is_missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(guide, "metadata", is_missing)
    link = Guide()
    qtbot.addWidget(link)
    assert documentation() is None
    assert link.isHidden()
