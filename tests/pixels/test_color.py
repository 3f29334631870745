"""The LAB join against scikit-image, and what sRGB cannot show."""

import numpy as np
import pytest
from skimage.color import gray2rgb, lab2rgb, rgb2lab

from napari_oneshot_color.pixels import color
from napari_oneshot_color.pixels.color import colored, luminance, rgb_of_lab


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


def test_lightness_is_that_of_scikit_image_from_black_to_white():
    grey = np.linspace(0, 1, 2000, dtype=np.float32).reshape(40, 50)
    found = color.lightness(grey)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, lightness(grey), atol=1e-3)


def test_colors_survive_the_split_into_lightness_and_chroma(colors):
    ab = rgb2lab(colors)[..., 1:].astype(np.float32)
    final, lab, clipped = colored(luminance(colors), ab)
    assert (final.dtype, lab.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(final, colors, atol=1e-3)
    np.testing.assert_allclose(lab[..., 0], lightness(colors), atol=2e-3)
    np.testing.assert_array_equal(lab[..., 1:], ab)
    assert clipped == 0


def test_pixels_outside_srgb_on_either_side_are_counted_once():
    # grey is inside; white with yellow is above 1, dark red below 0, vivid red both
    grey = np.array([[0.5, 1.0, 0.1, 0.5]], np.float32)
    ab = np.array([[[0, 0], [5, 5], [10, 40], [120, 0]]], np.float32)
    final, _, clipped = colored(grey, ab)
    assert clipped == 0.75
    assert final.min() == 0
    assert 0.9999 < final.max() <= 1


def test_greys_from_black_to_white_are_inside_srgb():
    grey = np.linspace(0, 1, 100, dtype=np.float32)[None]
    assert colored(grey, np.zeros((1, 100, 2), np.float32))[2] == 0


def test_lab_becomes_the_srgb_of_scikit_image_from_black_to_white():
    lab = np.zeros((1, 500, 3), np.float32)
    lab[..., 0] = np.linspace(0, 100, 500)
    lab[..., 1:] = np.linspace(-1, 1, 500)[:, None] * np.sin(np.linspace(0, np.pi, 500))[:, None]
    found = rgb_of_lab(lab)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, lab2rgb(lab), atol=1e-4)


def test_strips_give_the_same_result_as_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    grey = rng.random((23, 10), np.float32)
    ab = rng.uniform(-80, 80, (23, 10, 2)).astype(np.float32)
    monkeypatch.setattr(color, "_STRIP", 40)
    taken = []

    def chroma(rows):
        taken.append(rows.stop - rows.start)
        return ab[rows]

    final, joined, clipped = color.colored_in_strips(grey, chroma)
    assert taken == [4] * 5 + [3]
    whole = color.colored(grey, ab)
    np.testing.assert_array_equal(final, whole[0])
    np.testing.assert_array_equal(joined, whole[1])
    assert clipped == pytest.approx(whole[2])


def test_image_wider_than_a_strip_is_colored_row_by_row(monkeypatch):
    monkeypatch.setattr(color, "_STRIP", 40)
    grey, ab = np.full((3, 50), 0.5, np.float32), np.ones((3, 50, 2), np.float32)
    final, _, _ = color.colored_in_strips(grey, lambda rows: ab[rows][:1])
    np.testing.assert_array_equal(final, colored(grey, ab)[0])
