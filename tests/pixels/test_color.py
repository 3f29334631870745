"""The LAB join against scikit-image, and what sRGB cannot show."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import gray2rgb, lab2rgb, rgb2lab

from napari_oneshot_color.pixels import color
from napari_oneshot_color.pixels.color import luminance, rgb_of_lab
from napari_oneshot_color.pixels.tensors import lab_of_tensor, luminance_of_tensor, rgb_of_tensor
from napari_oneshot_color.stages.join import join

RED = np.array([1.0, 0.0, 0.0], np.float32)


@pytest.fixture(scope="module")
def colours():
    """Random colours of all of sRGB, 40 x 50 px."""
    return np.random.default_rng(0).random((40, 50, 3), np.float32)


def lightness(image):
    return rgb2lab(gray2rgb(image) if image.ndim == 2 else image)[..., 0]


def test_luminance_is_the_grey_of_the_same_lightness(colours):
    grey = luminance(colours)
    assert grey.shape == (40, 50)
    assert grey.dtype == np.float32
    np.testing.assert_allclose(lightness(grey), lightness(colours), atol=2e-3)


def test_luminance_of_grey_is_itself():
    grey = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    np.testing.assert_allclose(luminance(gray2rgb(grey)), grey, atol=1e-6)


@pytest.mark.parametrize(
    ("colour", "grey"),
    [
        # the linear luminances 0.212671, 0.715160 and 0.072169, encoded: 1.055 Y^(1/2.4) - 0.055
        ([1, 0, 0], 0.498517),
        ([0, 1, 0], 0.862460),
        ([0, 0, 1], 0.297830),
        ([0, 0, 0], 0.0),
        ([1, 1, 1], 1.0),
    ],
)
def test_luminance_of_the_primaries_is_as_worked_out_by_hand(colour, grey):
    image = np.array([[colour]], np.float32)
    assert luminance(image)[0, 0] == pytest.approx(grey, abs=1e-5)


def test_luminance_of_a_tensor_is_that_of_the_image(colours):
    tensor = torch.from_numpy(colours).permute(2, 0, 1)[None]
    grey = luminance_of_tensor(tensor)
    assert grey.shape == (1, 1, 40, 50)
    np.testing.assert_allclose(grey[0, 0], luminance(colours), atol=1e-6)


def test_image_joined_with_its_own_luminance_comes_back(colours, tiny):
    final, _, clipped = join(luminance(colours), colours, tiny())
    np.testing.assert_allclose(final, colours, atol=2e-3)
    assert clipped == 0


def test_lab_holds_the_lightness_of_the_target_and_the_colour_of_the_result(colours, tiny):
    target = np.random.default_rng(1).random((40, 50), np.float32)
    _, lab, _ = join(target, colours, tiny())
    np.testing.assert_allclose(lab[..., 0], lightness(target), atol=1e-4)
    np.testing.assert_allclose(lab[..., 1:], rgb2lab(colours)[..., 1:], atol=1e-4)
    assert lab.dtype == np.float32


def test_final_equals_the_conversion_of_scikit_image_within_the_gamut(colours, tiny):
    pale = 0.5 + 0.2 * (colours - 0.5)
    final, lab, clipped = join(luminance(pale) + np.float32(0.05), pale, tiny())
    assert clipped == 0
    np.testing.assert_allclose(final, lab2rgb(lab), atol=1e-3)


def test_final_has_the_lightness_of_the_target_where_nothing_was_clipped(colours, tiny):
    target = np.random.default_rng(1).random((40, 50), np.float32)
    final, lab, clipped = join(target, colours, tiny())
    # what was clipped does not come back when it is converted to L*, a*, b* again
    kept = np.abs(rgb2lab(final) - lab).max(axis=2) < 0.1
    assert 0.2 < kept.mean() < 0.8
    assert clipped == pytest.approx(1 - kept.mean(), abs=0.02)
    np.testing.assert_allclose(lightness(final)[kept], lightness(target)[kept], atol=0.05)


def test_clipped_fraction_counts_the_pixels_that_srgb_cannot_show(tiny):
    # red at its own lightness can be shown; at that of white and of black it cannot
    own = luminance(RED[None, None])[0, 0]
    target = np.full((4, 4), own, np.float32)
    target[0, 0], target[0, 1], target[2, 3] = 1, 1, 0
    final, _, clipped = join(target, np.broadcast_to(RED, (4, 4, 3)), tiny())
    assert clipped == 3 / 16
    np.testing.assert_allclose(final[1], np.broadcast_to(RED, (4, 3)), atol=2e-3)


def test_grey_result_is_never_clipped(tiny):
    target = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    final, lab, clipped = join(target, np.full((8, 8, 3), 0.5, np.float32), tiny())
    assert clipped == 0
    np.testing.assert_allclose(final, gray2rgb(target), atol=1e-3)
    np.testing.assert_allclose(lab[..., 1:], 0, atol=1e-2)


@given(seed=st.integers(0, 1000), extreme=st.booleans())
def test_final_is_always_a_picture(tiny, seed, extreme):
    rng = np.random.default_rng(seed)
    target, colour = rng.random((6, 7), np.float32), rng.random((6, 7, 3), np.float32)
    if extreme:
        target, colour = np.rint(target), np.rint(colour)
    final, lab, clipped = join(target, colour, tiny())
    assert final.dtype == np.float32
    assert final.min() >= 0
    assert final.max() <= 1
    assert np.isfinite(lab).all()
    assert 0 <= clipped <= 1


def test_join_brings_the_colour_to_the_size_of_the_target(tiny):
    grey = np.random.default_rng(0).random((91, 61), np.float32)
    colour = np.full((30, 20, 3), (0.6, 0.5, 0.4), np.float32)
    final, lab, _ = join(grey, colour, tiny())
    assert final.shape == lab.shape == (91, 61, 3)
    np.testing.assert_allclose(lab[..., 0], lightness(grey), atol=1e-3)
    np.testing.assert_allclose(lab[..., 1:], lab[:1, :1, 1:].repeat(91, 0).repeat(61, 1), atol=0.02)


def test_join_leaves_its_inputs_alone(colours, tiny):
    target, colour = luminance(colours), colours.copy()
    before = target.copy()
    join(target, colour, tiny())
    np.testing.assert_array_equal(target, before)
    np.testing.assert_array_equal(colour, colours)


def test_lab_of_tensors_is_scikit_images(colours):
    tensor = torch.from_numpy(colours).permute(2, 0, 1)[None]
    lab = lab_of_tensor(tensor)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(lab, rgb2lab(colours), atol=0.02)
    back = rgb_of_tensor(lab_of_tensor(tensor))
    torch.testing.assert_close(back, tensor, atol=1e-4, rtol=0)


def test_colours_outside_srgb_are_clipped_alike_in_arrays_and_tensors():
    lab = np.random.default_rng(1).uniform([0, -110, -110], [100, 110, 110], (30, 20, 3))
    lab = lab.astype(np.float32)
    tensor = torch.from_numpy(lab).permute(2, 0, 1)[None]
    rgb = rgb_of_lab(lab)
    assert rgb.min() == 0
    assert 0.9999 < rgb.max() <= 1
    torch.testing.assert_close(
        rgb_of_tensor(tensor)[0].permute(1, 2, 0), torch.from_numpy(rgb), atol=1e-4, rtol=0
    )


def test_gradients_of_black_are_finite():
    black = torch.zeros(1, 3, 2, 2, requires_grad=True)
    lab_of_tensor(black).sum().backward()
    assert black.grad.isfinite().all()


def test_strips_come_out_as_the_whole_does(monkeypatch):
    rng = np.random.default_rng(0)
    grey = rng.random((23, 10), np.float32)
    ab = rng.uniform(-80, 80, (23, 10, 2)).astype(np.float32)
    monkeypatch.setattr(color, "_STRIP", 40)
    final, joined, clipped = color.colored_in_strips(grey, lambda rows: ab[rows])
    whole = color.colored(grey, ab)
    np.testing.assert_array_equal(final, whole[0])
    np.testing.assert_array_equal(joined, whole[1])
    assert clipped == pytest.approx(whole[2])
