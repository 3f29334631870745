"""Slices at the working size: as single images, and the same in strips."""

import dask.array as da
import numpy as np
import pytest

from napari_oneshot_color.pair.limits import scaled
from napari_oneshot_color.pixels.resizing import Shrinking
from napari_oneshot_color.stacks.shrinking import at_working_size

LIMITS = (100, 3000)


@pytest.fixture
def stack():
    return np.random.default_rng(0).integers(0, 4000, (2, 3, 150, 200), dtype=np.uint16)


def test_every_slice_is_shrunk_like_a_single_image(stack):
    lazy = da.from_array(stack, chunks=(1, 1, -1, -1))
    found = at_working_size(lazy, 60, LIMITS)
    assert found.chunks == ((1, 1), (1, 1, 1), (60,), (80,))
    assert found.dtype == np.float32
    shrinking = Shrinking((150, 200), (60, 80))
    alone = shrinking.image(lambda rows: scaled(stack[1, 2][rows], LIMITS))
    np.testing.assert_array_equal(found[1, 2].compute(scheduler="synchronous"), alone)


@pytest.mark.parametrize("chunks", [(1, 1, 40, 200), (1, 1, 64, 64)])
def test_parts_of_a_slice_give_the_same(stack, chunks):
    whole = at_working_size(da.from_array(stack, chunks=(1, 1, -1, -1)), 60, LIMITS)
    parts = at_working_size(da.from_array(stack, chunks=chunks), 60, LIMITS)
    assert parts.chunks == whole.chunks
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_small_slices_keep_their_size(stack):
    lazy = da.from_array(stack, chunks=(1, 1, -1, -1))
    found = at_working_size(lazy, 256, LIMITS)
    assert found.shape == stack.shape
    np.testing.assert_array_equal(found, scaled(stack, LIMITS))
