"""A swatch shows a colour, and names it for screen readers."""

import pytest

from napari_oneshot_color.plugin.forms.swatch import Swatch


@pytest.fixture
def swatch(qtbot):
    made = Swatch("Current colour")
    qtbot.addWidget(made)
    return made


def test_color_is_shown_and_accessible(swatch):
    swatch.show_color((1, 0.5, 0))
    assert "rgb(255, 128, 0)" in swatch.styleSheet()
    assert swatch.accessibleName() == "Current colour"
    assert swatch.accessibleDescription() == "red 255, green 128, blue 0"


def test_no_color_is_shown_as_none(swatch):
    swatch.show_color((1, 0.5, 0))
    swatch.show_color(None)
    assert "background" not in swatch.styleSheet()
    assert (swatch.color, swatch.accessibleDescription()) == (None, "none")
