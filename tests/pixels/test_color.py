"""The LAB join against scikit-image, and what sRGB cannot show."""

import numpy as np
import pytest
from skimage.color import gray2rgb, rgb2lab

from napari_oneshot_color.pixels import color
from napari_oneshot_color.pixels.color import luminance


@pytest.fixture(scope="module")
def colors():
    """Random colours from the whole of sRGB, 40 x 50 px."""
    return np.random.default_rng(0).random((40, 50, 3), np.float32)


def lightness(image):
    return rgb2lab(gray2rgb(image) if image.ndim == 2 else image)[..., 0]


def test_luminance_is_the_grey_of_the_same_lightness(colors):
    grey = luminance(colors)
    assert grey.shape == (40, 50)
    assert grey.dtype == np.float32
    np.testing.assert_allclose(lightness(grey), lightness(colors), atol=2e-3)


def test_luminance_of_grey_is_itself():
    grey = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    np.testing.assert_allclose(luminance(gray2rgb(grey)), grey, atol=1e-6)


@pytest.mark.parametrize(
    ("color", "grey"),
    [
        # the linear luminances 0.212671, 0.715160 and 0.072169, encoded: 1.055 Y^(1/2.4) - 0.055
        ([1, 0, 0], 0.498517),
        ([0, 1, 0], 0.862460),
        ([0, 0, 1], 0.297830),
        ([0, 0, 0], 0.0),
        ([1, 1, 1], 1.0),
    ],
)
def test_luminance_of_the_primaries_has_the_values_worked_out_by_hand(color, grey):
    image = np.array([[color]], np.float32)
    assert luminance(image)[0, 0] == pytest.approx(grey, abs=1e-5)


def test_strips_give_the_same_result_as_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    grey = rng.random((23, 10), np.float32)
    ab = rng.uniform(-80, 80, (23, 10, 2)).astype(np.float32)
    monkeypatch.setattr(color, "_STRIP", 40)
    final, joined, clipped = color.colored_in_strips(grey, lambda rows: ab[rows])
    whole = color.colored(grey, ab)
    np.testing.assert_array_equal(final, whole[0])
    np.testing.assert_array_equal(joined, whole[1])
    assert clipped == pytest.approx(whole[2])
