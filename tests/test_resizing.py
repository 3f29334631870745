"""The working size, and images brought to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_oneshot_color.resizing import resized, source_working_shape, working_shape


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


@pytest.mark.parametrize(
    ("source", "target", "scale", "wanted"),
    [
        ((500, 700), (1000, 1200), 0, (256, 358)),  # unknown: both short sides alike
        ((500, 700), None, 2, (256, 358)),
        ((500, 700), (1024, 1200), 1, (125, 175)),  # a pixel of both is as large
        ((500, 700), (1024, 1200), 2, (250, 350)),  # the source's is twice as large
        ((500, 700), (1024, 1200), 0.5, (62, 88)),
        ((500, 700), (1024, 1200), 8, (500, 700)),  # never enlarged
        ((500, 700), (100, 120), 1, (500, 700)),
    ],
)
def test_source_is_brought_to_the_scale_of_the_target(tiny, source, target, scale, wanted):
    settings = tiny(working_size=256, source_scale=scale)
    assert source_working_shape(source, target, settings) == wanted


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
