"""Hints are noted at once and read in a thread, from labels, points and shapes."""

import numpy as np
import pytest
from napari.layers import Image, Labels, Points, Shapes

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.plugin.hints import labels, reading

RED = (0.75, 0.25, 0.25)  # exact as float32
SHAPE = (48, 64)
SQUARE = np.array([(10, 20), (10, 40), (30, 40), (30, 20)], float)


@pytest.fixture
def onto():
    return Image(np.zeros(SHAPE))


def painted(*places):
    data = np.zeros(SHAPE, np.uint8)
    for place in places:
        data[place] = 1
    return Labels(data, colormap=labels.colormap_of({1: RED}))


LAYERS = {
    "labels": lambda: painted((20, 30)),
    "points": lambda: Points([(20, 30)], size=3, face_color=[RED]),
    "shapes": lambda: Shapes([SQUARE], shape_type="polygon", face_color=[RED]),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_hints_of_every_kind_are_read(onto, kind):
    layer = LAYERS[kind]()
    hints = reading.noted(layer, onto, SHAPE)()
    assert hints.labels.shape == SHAPE
    assert hints.labels[20, 30] == 1
    assert hints.colors == {1: RED}


@pytest.mark.parametrize("kind", LAYERS)
def test_each_layer_has_one_kind(kind):
    layer = LAYERS[kind]()
    tests = {"labels": reading.is_labels, "points": reading.is_points, "shapes": reading.is_shapes}
    assert [name for name, is_it in tests.items() if is_it(layer)] == [kind]


@pytest.mark.parametrize("kind", LAYERS)
def test_events_that_can_change_hints_exist(kind):
    layer = LAYERS[kind]()
    names = reading.edits_of(layer)
    assert names
    assert all(hasattr(layer.events, name) for name in names)


@pytest.mark.parametrize(
    "layer", [painted(), Points(ndim=2), Shapes(ndim=2)], ids=["labels", "points", "shapes"]
)
def test_empty_layer_has_no_hints(onto, layer):
    assert reading.noted(layer, onto, SHAPE)() is None


def test_label_without_a_color_is_an_error_when_read(onto):
    layer = painted((20, 30))
    layer.data[0, 0] = 9
    read = reading.noted(layer, onto, SHAPE)
    with pytest.raises(BadPairError, match="label 9 has no colour"):
        read()


def test_points_that_move_later_are_read_at_their_old_place(onto):
    points = LAYERS["points"]()
    read = reading.noted(points, onto, SHAPE)
    points.data = [(1, 1)]
    assert read().labels[20, 30] == 1
