"""Labels, points and shapes are painted on in the same way."""

import numpy as np
import pytest
from napari.layers import Labels, Points, Shapes

from napari_oneshot_color.plugin.hints import labels
from napari_oneshot_color.plugin.hints.brushes import brush_of

RED, BLUE = (0.75, 0.25, 0.25), (0.25, 0.375, 0.75)  # exact as float32
SQUARE = np.array([(10, 20), (10, 40), (30, 40), (30, 20)], float)


def on_labels():
    return Labels(np.zeros((8, 8), np.uint8), colormap=labels.colormap_of({1: RED}))


def on_points():
    return Points([(1, 1)], face_color=[RED])


def on_shapes():
    return Shapes([SQUARE], shape_type="polygon", face_color=[RED], edge_color=[RED])


KINDS = pytest.mark.parametrize("make", [on_labels, on_points, on_shapes])


@KINDS
def test_added_color_is_selected_and_the_first_one_stays(make):
    layer = make()
    layer.selected_data = set()  # labels have none, and do not mind
    brush = brush_of(layer)
    brush.add(BLUE)
    assert list(brush.colors.values()) == [pytest.approx(RED), pytest.approx(BLUE, abs=1 / 255)]
    assert brush.current == 2
    brush.take(1)
    assert brush.colors[brush.current] == pytest.approx(RED, abs=1 / 255)


@KINDS
def test_tool_is_selected_together_with_a_color(make):
    layer = make()
    layer.mode = "pan_zoom"
    brush_of(layer).add(BLUE)
    assert str(layer.mode) in {"paint", "add", "add_polygon"}


@KINDS
def test_adding_a_color_emits_an_event_of_the_brush(make):
    layer = make()
    brush = brush_of(layer)
    told = []
    for name in brush.events:
        getattr(layer.events, name).connect(lambda event: told.append(event.type))
    brush.add(BLUE)
    assert told


def test_selected_label_changes_its_color_everywhere():
    layer = on_labels()
    brush = brush_of(layer)
    brush.change(BLUE)
    assert brush.colors == {1: BLUE}


def test_labels_explain_what_the_user_should_know():
    layer = on_labels()
    brush = brush_of(layer)
    assert brush.sentence == "A dab is enough: it spreads along smooth grey."
    layer.selected_label = 9
    assert brush.sentence == "Label 9 has no colour yet. Give it one."
    layer.selected_label = 0
    assert brush.sentence == "Label 0 erases hints."
    brush.change(BLUE)
    assert labels.colors_of(layer) == {1: RED}


@pytest.mark.parametrize("make", [on_points, on_shapes])
def test_selected_marks_change_and_the_others_do_not(make):
    layer = make()
    layer.add([(2, 2)] if make is on_points else [SQUARE + 3])
    layer.selected_data = {1}
    brush_of(layer).change(BLUE)
    np.testing.assert_allclose(layer.face_color[0, :3], RED, atol=1e-6)
    np.testing.assert_allclose(layer.face_color[1, :3], BLUE, atol=1 / 255)


def test_shapes_that_are_not_filled_stay_so():
    layer = Shapes([SQUARE], shape_type="polygon", face_color="transparent", edge_color=[RED])
    layer.current_face_color, layer.current_edge_color = "transparent", "red"
    brush = brush_of(layer)
    brush.change(BLUE)
    assert layer.current_face_color.endswith("00")
    assert brush.colors[brush.current] == pytest.approx(BLUE, abs=1 / 255)
