"""The bar has the colormap's colours from left to right, and numbers below them."""

import numpy as np
import pytest
from napari.utils.colormaps import ensure_colormap

from napari_oneshot_color.plugin.forms.color_bar import ColorBar


@pytest.fixture
def bar(qtbot):
    made = ColorBar("magma", (0, 15, 30), "How far it may be off")
    qtbot.addWidget(made)
    made.resize(200, made.height())
    return made


@pytest.mark.parametrize("place", [0.0, 0.25, 0.5, 1.0])
def test_colors_are_those_of_the_colormap(bar, place):
    image = bar.grab().toImage()
    color = image.pixelColor(round(place * (image.width() - 1)), 3)
    expected = ensure_colormap("magma").map(np.array([place]))[0, :3]
    np.testing.assert_allclose((color.redF(), color.greenF(), color.blueF()), expected, atol=0.03)


def test_numbers_are_shown_below_and_accessible(bar):
    image = bar.grab().toImage()
    below = [image.pixelColor(x, y).lightness() for x in range(200) for y in range(12, 22)]
    assert max(below) - min(below) > 50
    assert bar.accessibleName() == "How far it may be off, from 0 to 30"
