"""Colour is upsampled along edges, and any part equals the same part of the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.chroma_field import ChromaField, chroma_field, guided
from napari_oneshot_color.pixels.resizing import resized, shrunk


def upsample(ab, guide, settings):
    return ChromaField.over(ab, shrunk(guide, ab.shape[:2]), settings).at(guide)


@pytest.mark.parametrize("way", ["guided", "linear"])
@given(
    height=st.integers(3, 20),
    width=st.integers(3, 20),
    factor=st.floats(1, 4),
    seed=st.integers(0, 100),
)
def test_constant_color_stays_constant(tiny, way, height, width, factor, seed):
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


def test_guided_color_follows_an_edge_of_the_target_better_than_linear(tiny):
    guide, truth, small = edge_case()
    errors = {
        way: np.abs(upsample(small, guide, tiny(upsampling=way)) - truth).mean()
        for way in ("guided", "linear")
    }
    assert errors["guided"] < 0.5 * errors["linear"]


def test_guided_color_is_sharp_where_the_target_is(tiny):
    guide, truth, small = edge_case()
    up = upsample(small, guide, tiny())
    edge = np.flatnonzero(np.diff(guide[0]))[0]
    step = up[:, edge + 1] - up[:, edge]
    np.testing.assert_allclose(step, (truth[:, -1] - truth[:, 0]), rtol=0.1)


def test_linear_color_is_plain_interpolation(tiny):
    guide, _, small = edge_case()
    np.testing.assert_allclose(
        upsample(small, guide, tiny(upsampling="linear")), resized(small, guide.shape), atol=1e-4
    )


def test_guided_color_of_a_flat_target_is_smooth_interpolation(tiny):
    ramp = np.linspace(-30, 30, 20, dtype=np.float32)
    ab = np.broadcast_to(ramp[None, :, None], (20, 20, 2))
    up = upsample(ab, np.full((60, 60), 0.5, np.float32), tiny(guide_radius=1))
    assert np.isfinite(up).all()
    assert (np.diff(up, axis=1) >= -1e-3).all()
    np.testing.assert_allclose(up[:, 15:-15], resized(ab, (60, 60))[:, 15:-15], atol=0.5)


@given(
    seed=st.integers(0, 100),
    shape=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    corner=st.tuples(st.integers(0, 19), st.integers(0, 19)),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
)
def test_part_of_the_target_has_the_same_bytes_as_in_the_whole(tiny, seed, shape, corner, size):
    rng = np.random.default_rng(seed)
    guide = rng.random(shape, np.float32)
    ab = rng.uniform(-60, 60, (15, 18, 2)).astype(np.float32)
    field = ChromaField.over(ab, shrunk(guide, (15, 18)), tiny())
    part = np.s_[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]]
    alone = field.at(guide[part], shape, *corner)
    assert alone.tobytes() == np.ascontiguousarray(field.at(guide)[part]).tobytes()


def test_part_of_a_target_of_the_working_size_is_cut_out():
    ab = np.random.default_rng(0).random((6, 8, 2), np.float32)
    field = ChromaField.exact(ab)
    np.testing.assert_array_equal(
        field.at(np.zeros((2, 3), np.float32), (6, 8), 1, 4), ab[1:3, 4:7]
    )


def test_guided_filter_is_the_published_one(tiny):
    rng = np.random.default_rng(0)
    grey, a = rng.random((12, 14), np.float32), rng.uniform(-60, 60, (12, 14)).astype(np.float32)
    mean = uniform_filter(grey, 5)
    slope = uniform_filter(grey * a, 5) - mean * uniform_filter(a, 5)
    slope /= uniform_filter(grey * grey, 5) - mean * mean + 0.01
    offset = uniform_filter(a, 5) - slope * mean
    expected = uniform_filter(slope, 5) * grey + uniform_filter(offset, 5)
    found = guided(np.dstack([a, -a]), grey, tiny(guide_radius=2, guide_epsilon=0.01))
    np.testing.assert_allclose(found, np.dstack([expected, -expected]), atol=1e-2)


def test_color_is_upsampled_only_for_a_larger_target(tiny):
    rng = np.random.default_rng(0)
    color, grey = rng.random((6, 8, 3), np.float32), rng.random((6, 8), np.float32)
    ab = rgb2lab(color)[..., 1:].astype(np.float32)
    same = chroma_field(color, grey, (6, 8), tiny())
    np.testing.assert_array_equal(same.at(grey), ab)
    larger = chroma_field(color, grey, (12, 16), tiny())
    np.testing.assert_array_equal(larger.lines, ChromaField.over(ab, grey, tiny()).lines)
