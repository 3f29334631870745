"""Resizing images; shrinking averages in strips, whatever the chunks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import resize, resize_local_mean
from torch.nn.functional import interpolate

from napari_oneshot_color.pixels.resizing import Shrinking, interpolated, resized, shrunk


def test_image_of_the_wanted_size_is_returned_unchanged():
    image = np.random.default_rng(0).random((5, 6, 3), np.float32)
    np.testing.assert_array_equal(resized(image, (5, 6)), image)


def test_shrinking_averages_and_does_not_alias():
    stripes = np.tile(np.array([0, 1], np.float32), (64, 32))
    shrunk = resized(stripes, (16, 16))
    assert shrunk.dtype == np.float32
    np.testing.assert_allclose(shrunk[2:-2, 2:-2], 0.5, atol=0.02)


@pytest.mark.parametrize("shape", [(23, 40), (60, 17), (11, 90)])
@pytest.mark.parametrize("channels", [(), (2,)])
def test_enlarging_interpolates_linearly_between_pixel_centres(shape, channels):
    image = np.random.default_rng(0).random((11, 17, *channels), np.float32)
    planes = torch.from_numpy(image.reshape(11, 17, -1)).permute(2, 0, 1)[None]
    wanted = interpolate(planes, size=shape, mode="bilinear", align_corners=False)
    wanted = wanted[0].permute(1, 2, 0).numpy().reshape(*shape, *channels)
    np.testing.assert_allclose(resized(image, shape), wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (9, 9)])
def test_where_one_side_shrinks_the_image_is_resized_as_by_scikit_image(shape):
    image = np.random.default_rng(0).random((20, 24, 3), np.float32)
    wanted = resize(image, (*shape, 3), order=1, mode="edge", anti_aliasing=True)
    np.testing.assert_allclose(resized(image, shape), wanted, atol=1e-6)


def test_part_of_an_interpolated_axis_is_that_of_the_whole():
    values = np.random.default_rng(0).random((7, 3), np.float32)
    whole = interpolated(values, 40)
    for start, count in ((0, 5), (13, 9), (33, 7)):
        np.testing.assert_array_equal(
            interpolated(values, 40, start, count), whole[start : start + count]
        )
    np.testing.assert_array_equal(interpolated(values, 7), values)
    np.testing.assert_array_equal(interpolated(values[:1], 4), np.repeat(values[:1], 4, axis=0))


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


@given(
    small=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    extra=st.tuples(st.integers(0, 90), st.integers(0, 90)),
    channels=st.sampled_from([(), (3,)]),
)
def test_shrinking_is_the_mean_over_areas(small, extra, channels):
    shape = (small[0] + extra[0], small[1] + extra[1])
    image = np.random.default_rng(sum(shape)).random((*shape, *channels), np.float32)
    wanted = resize_local_mean(image, small, channel_axis=-1 if channels else None)
    result = shrunk(image, small)
    assert result.shape == (*small, *channels)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, wanted, atol=2e-5)


def test_whole_factors_are_plain_means():
    image = np.arange(48, dtype=np.float32).reshape(6, 8)
    np.testing.assert_allclose(shrunk(image, (3, 2)), image.reshape(3, 2, 2, 4).mean((1, 3)))


def test_image_of_the_wanted_size_is_left_as_it_is():
    image = np.random.default_rng(0).random((30, 40), np.float32)
    np.testing.assert_array_equal(shrunk(image, (30, 40)), image)


def test_only_a_strip_is_read_at_once():
    shrinking = Shrinking((2000, 50), (100, 20))
    image = np.random.default_rng(0).random((2000, 50), np.float32)
    read = []

    def rows(wanted):
        read.append(wanted.stop - wanted.start)
        return image[wanted]

    assert shrinking.image(rows).tobytes() == shrunk(image, (100, 20)).tobytes()
    assert max(read) <= 16 * 20
    assert sum(read) == 2000
