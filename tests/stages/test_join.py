"""The LAB join has the target's own L* and the result's colour."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import gray2rgb, lab2rgb, rgb2lab

from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.stages.join import join

RED = np.array([1.0, 0.0, 0.0], np.float32)


@pytest.fixture(scope="module")
def colors():
    """Random colours from the whole of sRGB, 40 x 50 px."""
    return np.random.default_rng(0).random((40, 50, 3), np.float32)


def lightness(image):
    return rgb2lab(gray2rgb(image) if image.ndim == 2 else image)[..., 0]


def test_image_joined_with_its_own_luminance_is_unchanged(colors, tiny):
    final, _, clipped = join(luminance(colors), colors, tiny())
    np.testing.assert_allclose(final, colors, atol=2e-3)
    assert clipped == 0


def test_lab_holds_the_lightness_of_the_target_and_the_color_of_the_result(colors, tiny):
    target = np.random.default_rng(1).random((40, 50), np.float32)
    _, lab, _ = join(target, colors, tiny())
    np.testing.assert_allclose(lab[..., 0], lightness(target), atol=1e-4)
    np.testing.assert_allclose(lab[..., 1:], rgb2lab(colors)[..., 1:], atol=1e-4)
    assert lab.dtype == np.float32


def test_final_equals_the_conversion_of_scikit_image_within_the_gamut(colors, tiny):
    pale = 0.5 + 0.2 * (colors - 0.5)
    final, lab, clipped = join(luminance(pale) + np.float32(0.05), pale, tiny())
    assert clipped == 0
    np.testing.assert_allclose(final, lab2rgb(lab), atol=1e-3)


def test_final_has_the_lightness_of_the_target_where_nothing_was_clipped(colors, tiny):
    target = np.random.default_rng(1).random((40, 50), np.float32)
    final, lab, clipped = join(target, colors, tiny())
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
def test_final_is_always_a_valid_image(tiny, seed, extreme):
    rng = np.random.default_rng(seed)
    target, color = rng.random((6, 7), np.float32), rng.random((6, 7, 3), np.float32)
    if extreme:
        target, color = np.rint(target), np.rint(color)
    final, lab, clipped = join(target, color, tiny())
    assert final.dtype == np.float32
    assert final.min() >= 0
    assert final.max() <= 1
    assert np.isfinite(lab).all()
    assert 0 <= clipped <= 1


def test_join_resizes_the_color_to_the_target(tiny):
    grey = np.random.default_rng(0).random((91, 61), np.float32)
    color = np.full((30, 20, 3), (0.6, 0.5, 0.4), np.float32)
    final, lab, _ = join(grey, color, tiny())
    assert final.shape == lab.shape == (91, 61, 3)
    np.testing.assert_allclose(lab[..., 0], lightness(grey), atol=1e-3)
    np.testing.assert_allclose(lab[..., 1:], lab[:1, :1, 1:].repeat(91, 0).repeat(61, 1), atol=0.02)


def test_join_leaves_its_inputs_alone(colors, tiny):
    target, color = luminance(colors), colors.copy()
    before = target.copy()
    join(target, color, tiny())
    np.testing.assert_array_equal(target, before)
    np.testing.assert_array_equal(color, colors)
