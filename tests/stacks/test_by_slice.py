"""Arrays whose slices a function makes: by index, lazily, and never read to name them."""

import pickle

import dask.base
import numpy as np
import pytest

from napari_oneshot_color.stacks.by_slice import by_slice


class Held:
    """Makes slices, and must be neither pickled nor read unless one is wanted."""

    def __init__(self):
        self.made = []

    def make(self, index):
        self.made.append(index)
        return np.full((4, 5), sum(index), np.uint8)

    def __reduce__(self):
        pytest.fail("what makes the slices was pickled")


def test_each_slice_is_made_from_its_index():
    held = Held()
    array = by_slice(held.make, (2, 3, 4, 5), np.uint8, 2)
    assert array.chunks == ((1, 1), (1, 1, 1), (4,), (5,))
    assert held.made == []
    assert array[1, 2].compute(scheduler="synchronous").tolist() == np.full((4, 5), 3).tolist()
    assert held.made == [(1, 2)]


@pytest.mark.parametrize("shape", [(0, 4, 5), (2, 0, 5)])
def test_nothing_is_made_for_an_empty_array(shape):
    held = Held()
    array = by_slice(held.make, shape, np.uint8, 1)
    assert array.compute(scheduler="synchronous").shape == shape
    assert held.made == []


def test_arrays_are_named_without_a_look_at_what_makes_them():
    make = Held().make
    one, other = (by_slice(make, (2, 4, 5), np.uint8, 1) for _ in range(2))
    assert one.name != other.name
    assert dask.base.tokenize(one) == dask.base.tokenize(one)


def test_very_many_slices_are_not_listed():
    array = by_slice(Held().make, (100_000, 4, 5), np.uint8, 1)
    layers = array.dask.layers.values()
    assert sum(len(layer) for layer in layers if layer.is_materialized()) < 10


@pytest.mark.parametrize(
    "index", [(1, 2), (1, 2, slice(1, 3)), (0, [0, 2], 1, slice(None, None, 2))]
)
def test_parts_are_those_of_the_whole(index):
    data = np.arange(120).reshape(2, 3, 4, 5)
    array = by_slice(data.__getitem__, data.shape, data.dtype, 2)
    np.testing.assert_array_equal(array[index].compute(scheduler="synchronous"), data[index])


def test_a_worker_of_a_cluster_can_make_it_too():
    data = np.arange(24.0).reshape(2, 3, 4)
    array = pickle.loads(pickle.dumps(by_slice(data.__getitem__, data.shape, data.dtype, 1)))
    np.testing.assert_array_equal(array.compute(scheduler="synchronous"), data)
