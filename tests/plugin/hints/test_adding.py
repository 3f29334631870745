"""New hints layers lie on the target and have an active tool."""

import numpy as np
import pytest

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.hints import labels
from napari_oneshot_color.plugin.hints.adding import KINDS, AddHints, add_hints_layer

RED = (0.75, 0.25, 0.25)  # exact as float32
TOOLS = {"Labels": "paint", "Points": "add", "Shapes": "add_polygon"}


@pytest.fixture
def onto(viewer):
    return viewer.add_image(np.zeros((24, 32)), name="right", scale=(2, 4), translate=(5, 6))


@pytest.mark.parametrize("kind", KINDS)
def test_layer_covers_the_target_with_its_tool_selected(viewer, onto, kind):
    layer = add_hints_layer(viewer.layers, "dabs", onto, (48, 64), kind=kind)
    assert (type(layer.__wrapped__).__name__, layer.name) == (kind, "dabs")
    assert viewer.layers[-1] == layer == viewer.layers.selection.active
    assert layer.mode == TOOLS[kind]
    assert layer.scale.tolist() == [1, 2]
    np.testing.assert_allclose(layer.data_to_world((-0.5, -0.5)), (5 - 1, 6 - 2))


@pytest.mark.parametrize(("shape", "width"), [((48, 64), 8), ((6400, 9000), 100)])
def test_brush_grows_with_a_large_target(viewer, onto, shape, width):
    assert add_hints_layer(viewer.layers, "a", onto, shape).brush_size == width
    points = add_hints_layer(viewer.layers, "b", onto, shape, kind="Points")
    assert points.current_size == width
    shapes = add_hints_layer(viewer.layers, "c", onto, shape, kind="Shapes")
    assert shapes.current_edge_width == width


def test_existing_hints_become_labels(viewer, onto):
    painted = np.zeros((48, 64), np.int32)
    painted[3, 4] = 7
    layer = add_hints_layer(viewer.layers, "a", onto, (48, 64), Hints(painted, {7: RED}))
    np.testing.assert_array_equal(layer.data, painted)
    assert layer.data.dtype == np.uint8
    assert layer.selected_label == 7
    assert labels.colors_of(layer) == {7: RED}


def test_hints_with_labels_beyond_255_are_left_out(viewer, onto):
    painted = np.zeros((48, 64), np.int32)
    painted[3, 4] = 300
    layer = add_hints_layer(viewer.layers, "a", onto, (48, 64), Hints(painted, {300: RED}))
    assert not np.asarray(layer.data).any()


def test_button_adds_labels_and_the_menu_any_kind(qtbot):
    asked = []
    widget = AddHints()
    qtbot.addWidget(widget)
    widget.wanted.connect(asked.append)
    widget.button.click()
    for action in widget.kinds.menu().actions():
        assert action.toolTip() == KINDS[action.text()]
        action.trigger()
    assert asked == ["Labels", *KINDS]
