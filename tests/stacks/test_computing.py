"""Lazy arrays are computed in order, without calling dask's callbacks."""

import dask.array as da
import numpy as np
import pytest
from dask.callbacks import Callback

from napari_oneshot_color.stacks.computing import computed


@pytest.mark.parametrize("scheduler", [None, "threads", "synchronous"])
def test_arrays_come_in_their_order(scheduler):
    arrays = da.arange(4, chunks=2), np.eye(2), da.ones((2, 3), chunks=1)
    found = computed(*arrays, scheduler=scheduler)
    assert all(type(one) is np.ndarray for one in found)
    for one, expected in zip(found, (np.arange(4), np.eye(2), np.ones((2, 3))), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_dask_callbacks_are_not_called():
    """napari's cache is one of them, and is not thread-safe."""
    started = []
    with Callback(start=started.append):
        computed(da.ones(3, chunks=1))
        assert started == []
        da.ones(3, chunks=1).compute()
    assert len(started) == 1
