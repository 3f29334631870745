"""Labels are put into a layer as if they were painted."""

import numpy as np
import pytest
from napari.layers import Labels

from napari_oneshot_color.plugin.layers.labels import put_labels


@pytest.fixture
def layer():
    return Labels(np.arange(12, dtype=np.uint16).reshape(3, 4))


def test_labels_are_set_and_can_be_undone(layer):
    data, before = layer.data, np.array(layer.data)
    wanted = np.where(before > 5, 0, before)
    put_labels(layer, wanted)
    assert layer.data is data
    np.testing.assert_array_equal(layer.data, wanted)
    layer.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_identical_labels_change_nothing(layer):
    told = []
    layer.events.paint.connect(told.append)
    put_labels(layer, np.array(layer.data))
    assert told == []


def test_labels_of_another_shape_replace_all(layer):
    wanted = np.ones((2, 2), int)
    put_labels(layer, wanted)
    np.testing.assert_array_equal(layer.data, wanted)
    assert layer.data is not wanted
