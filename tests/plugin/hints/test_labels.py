"""Each label of a hints layer is shown in its hint's own colour."""

import numpy as np
import pytest
from napari.layers import Labels

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.plugin.hints import labels

RED, BLUE = (0.75, 0.25, 0.25), (0.25, 0.375, 0.75)  # exact as float32


def layer_of(data, colors=None):
    options = {} if colors is None else {"colormap": labels.colormap_of(colors)}
    return Labels(np.asarray(data), **options)


def test_colors_are_the_displayed_ones():
    layer = layer_of(np.eye(4, dtype=np.uint8), {1: RED, 2: BLUE})
    assert labels.colors_of(layer) == {1: RED, 2: BLUE}
    np.testing.assert_allclose(layer.get_color(2)[:3], BLUE)
    assert layer.get_color(7)[3] == 0  # a label without a colour is not seen


def test_colors_of_any_labels_layer_are_those_of_used_labels_and_the_selected_one():
    layer = layer_of([[0, 3], [9, 3]])
    layer.selected_label = 5
    assert list(labels.colors_of(layer)) == [3, 5, 9]
    layer.selected_label = 0
    assert list(labels.colors_of(layer)) == [3, 9]


def test_changed_color_is_shown_and_the_others_stay():
    layer = layer_of(np.eye(4, dtype=np.uint8), {1: RED, 2: BLUE})
    labels.set_color(layer, 1, (0.0, 1.0, 0.0))
    assert labels.colors_of(layer) == {1: (0.0, 1.0, 0.0), 2: BLUE}


def test_new_color_gets_the_first_free_label():
    layer = layer_of(np.eye(4, dtype=np.uint8), {1: RED, 3: BLUE})
    green = (0.25, 0.75, 0.25)
    assert labels.add_color(layer, green) == 2
    assert labels.colors_of(layer) == {1: RED, 3: BLUE, 2: green}


def test_existing_color_keeps_its_label():
    layer = layer_of(np.eye(4, dtype=np.uint8), {1: RED, 3: BLUE})
    assert labels.add_color(layer, BLUE) == 3
    assert labels.colors_of(layer) == {1: RED, 3: BLUE}


def test_one_color_too_many_gets_no_label():
    layer = layer_of(np.zeros((4, 4), np.uint8), dict.fromkeys(range(1, 256), RED))
    with pytest.raises(BadPairError, match="255 colours at most"):
        labels.add_color(layer, BLUE)


@pytest.mark.parametrize(("dtype", "taken"), [(np.uint8, np.uint8), (np.int64, np.int32)])
def test_noted_labels_are_copied_when_read(dtype, taken):
    data = np.eye(4, dtype=dtype)
    read = labels.noted_labels(layer_of(data, {1: RED}))
    found, colors = read()
    assert found.dtype == taken
    assert not np.shares_memory(found, data)
    np.testing.assert_array_equal(found, data)
    assert colors == {1: RED}


def test_alpha_of_a_color_is_dropped():
    assert labels.rgb(np.float32([0.25, 0.5, 0.75, 0.1])) == (0.25, 0.5, 0.75)
