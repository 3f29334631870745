"""The working size, and colour brought up along edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_oneshot_color.resizing import resized, upsample, working_shape


@pytest.mark.parametrize(
    ("shape", "working"),
    [
        ((256, 256), (256, 256)),
        ((512, 1024), (256, 512)),
        ((1024, 512), (512, 256)),
        ((500, 741), (256, 379)),
        ((200, 300), (200, 300)),  # never enlarged
        ((255, 4000), (255, 4000)),
        ((257, 257), (256, 256)),
    ],
)
def test_short_side_is_brought_down_to_the_working_size(shape, working):
    assert working_shape(*shape, 256) == working


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), size=st.integers(32, 4096))
def test_working_shape_keeps_the_proportions(height, width, size):
    h, w = working_shape(height, width, size)
    assert min(h, w) == min(height, width, size)
    assert abs(h * width - w * height) <= max(height, width)


def test_image_of_the_wanted_size_is_given_back_unchanged():
    image = np.random.default_rng(0).random((5, 6, 3), np.float32)
    np.testing.assert_array_equal(resized(image, (5, 6)), image)


def test_shrinking_averages_and_does_not_alias():
    stripes = np.tile(np.array([0, 1], np.float32), (64, 32))
    shrunk = resized(stripes, (16, 16))
    assert shrunk.dtype == np.float32
    np.testing.assert_allclose(shrunk[2:-2, 2:-2], 0.5, atol=0.02)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    new_height=st.integers(1, 40),
    new_width=st.integers(1, 40),
)
def test_resized_image_stays_within_the_range_of_the_first(height, width, new_height, new_width):
    image = np.random.default_rng(height).random((height, width, 2), np.float32)
    new = resized(image, (new_height, new_width))
    assert new.shape == (new_height, new_width, 2)
    assert new.dtype == np.float32
    assert new.min() >= image.min() - 1e-6
    assert new.max() <= image.max() + 1e-6


@pytest.mark.parametrize("way", ["guided", "linear"])
@given(
    height=st.integers(3, 20),
    width=st.integers(3, 20),
    factor=st.floats(1, 4),
    seed=st.integers(0, 100),
)
def test_constant_colour_stays_constant(tiny, way, height, width, factor, seed):
    shape = (round(height * factor), round(width * factor))
    guide = np.random.default_rng(seed).random(shape, np.float32)
    ab = np.broadcast_to(np.float32([30, -40]), (height, width, 2))
    up = upsample(ab, guide, tiny(upsampling=way))
    assert up.shape == (*shape, 2)
    np.testing.assert_allclose(up, np.broadcast_to([30, -40], up.shape), atol=0.05)


def edge_case(height=57, width=83, factor=7, edge=39):
    """A large grey step with colour that follows it, and that colour at a small size."""
    large = (height * factor, width * factor)
    side = np.arange(large[1]) >= edge * factor + 3  # amid a small pixel
    guide = np.broadcast_to(np.where(side, 0.8, 0.2), large).astype(np.float32)
    truth = np.stack([np.where(guide > 0.5, 40, -20), np.where(guide > 0.5, -10, 30)], axis=-1)
    return guide, truth, resized(truth.astype(np.float32), (height, width))


def test_guided_colour_follows_an_edge_of_the_target_better_than_linear(tiny):
    guide, truth, small = edge_case()
    errors = {
        way: np.abs(upsample(small, guide, tiny(upsampling=way)) - truth).mean()
        for way in ("guided", "linear")
    }
    assert errors["guided"] < 0.5 * errors["linear"]


def test_guided_colour_is_sharp_where_the_target_is(tiny):
    guide, truth, small = edge_case()
    up = upsample(small, guide, tiny())
    edge = np.flatnonzero(np.diff(guide[0]))[0]
    step = up[:, edge + 1] - up[:, edge]
    np.testing.assert_allclose(step, (truth[:, -1] - truth[:, 0]), rtol=0.1)


def test_linear_colour_is_plain_interpolation(tiny):
    guide, _, small = edge_case()
    np.testing.assert_array_equal(
        upsample(small, guide, tiny(upsampling="linear")), resized(small, guide.shape)
    )


def test_guided_colour_of_a_flat_target_is_smooth_interpolation(tiny):
    ramp = np.linspace(-30, 30, 20, dtype=np.float32)
    ab = np.broadcast_to(ramp[None, :, None], (20, 20, 2))
    up = upsample(ab, np.full((60, 60), 0.5, np.float32), tiny(guide_radius=1))
    assert np.isfinite(up).all()
    assert (np.diff(up, axis=1) >= -1e-3).all()
    np.testing.assert_allclose(up[:, 15:-15], resized(ab, (60, 60))[:, 15:-15], atol=0.5)
