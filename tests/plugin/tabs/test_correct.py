"""Colours painted on a result or on a bare target are followed and can be undone."""

from types import SimpleNamespace

import numpy as np
import pytest
from napari.utils._proxies import ReadOnlyWrapper
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from qtpy.QtCore import Qt, QThreadPool
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog
from shown import STAGES, as_shown
from skimage.color import rgb2lab

from napari_oneshot_color import pipeline
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.hints import labels, reading
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.steering import order
from napari_oneshot_color.steering.hinting import apply_hints, colorize_from_hints
from napari_oneshot_color.steering.recoloring import recolor as recolor_headless
from napari_oneshot_color.training import loop

PLUGIN = "napari-oneshot-color"
TITLE = "Correct colours"
BLUE = (0.25, 0.375, 0.75)  # exact as float32
SQUARE = np.array([(10, 10), (10, 30), (25, 30), (25, 10)], float)


def no_training(*args, **options):
    raise AssertionError("hints must not train")


def listed(combo):
    return [combo.native.itemText(index) for index in range(combo.native.count())]


def painted(layer):
    """Read a hints layer as the core needs it."""
    return Hints(np.array(layer.data, np.int32), labels.colors_of(layer))


every_layer = pytest.mark.parametrize("kinds", [LAYERS], ids=["every layer"])
with_regions = pytest.mark.parametrize("kinds", [{"final", "regions"}], ids=["with regions"])


@pytest.fixture
def finished(viewer, layers, uncertain, kinds):
    """A finished run with its layers, without having trained."""
    run = Run(viewer.layers, snapshot(layers[1]), set(kinds))
    run.show_result(uncertain)
    Session.of(viewer).add(run)
    return run


@pytest.fixture
def widget(viewer, finished, open_widget, monkeypatch, threads_end):
    """The tab "Correct" in a viewer with a finished run."""
    monkeypatch.setattr(loop.AdversarialTraining, "step", no_training)
    monkeypatch.setattr(pipeline, "train_steps", no_training)
    yield open_widget(TITLE)
    threads_end()


@pytest.fixture
def hints(widget, click, layer_of):
    """An empty hints layer on the run, of labels."""
    click(widget.add_hints.button)
    return layer_of("hints")


@pytest.fixture
def shows(until, layer_of, kinds):
    """Wait until the layers show a result."""

    def wait(expected):
        until(lambda: np.array_equal(layer_of("final").data, as_shown(expected.final)))
        for channel, kind in enumerate(("L*", "a*", "b*")):
            if kind in kinds:
                np.testing.assert_array_equal(layer_of(kind).data, expected.lab[..., channel])

    return wait


@pytest.fixture
def dialog(monkeypatch):
    """Answer the dialog for a colour; None cancels it."""

    def answer(color):
        chosen = QColor() if color is None else QColor.fromRgbF(*color)
        monkeypatch.setattr(QColorDialog, "getColor", lambda *_: chosen)

    return answer


@pytest.fixture
def happen(viewer):
    """Send a mouse event on the canvas to the callbacks, as the viewer does."""
    calls = {
        "press": mouse_press_callbacks,
        "move": mouse_move_callbacks,
        "release": mouse_release_callbacks,
    }

    def do(kind, position, viewbox=(0, 0), pos=(0, 0), is_dragging=False):
        event = SimpleNamespace(
            type=f"mouse_{kind}",
            position=position,
            viewbox=viewbox,
            button=1,
            modifiers=(),
            handled=False,
            pos=pos,
            dims_displayed=[0, 1],
            view_direction=None,
            is_dragging=is_dragging,
        )
        calls[kind](getattr(viewer, "__wrapped__", viewer), ReadOnlyWrapper(event))

    return do


@pytest.fixture
def click_canvas(happen):
    """Click on the canvas at a place in the world, or drag the mouse from there to another."""

    def do(*position, viewbox=(0, 0), to=None):
        happen("press", position, viewbox)
        if to is not None:
            happen("move", to, viewbox, pos=to, is_dragging=True)
        happen("release", to or position, viewbox)

    return do


@pytest.fixture
def hover(happen):
    """Move the mouse over the canvas to a place in the world."""
    return lambda *position: happen("move", position)


# --- painting -------------------------------------------------------------------------------


def test_hints_layer_covers_the_target_with_the_brush_selected(
    viewer, hints, layers, corners, widget
):
    assert hints.name == "hints · right"
    assert hints.data.shape == layers[1].data.shape
    np.testing.assert_allclose(corners(hints), corners(layers[1]))
    assert (hints.mode, hints.brush_size) == ("paint", 8)
    assert viewer.layers.selection.active == hints
    assert widget.hints.value == hints
    assert list(widget.colors.palette_row.buttons) == [1]


@pytest.mark.parametrize("place", [{"scale": (0.5, 2)}, {"rotate": 30, "translate": (9, -4)}])
def test_hints_layer_lies_where_the_target_lies(
    viewer, target, uncertain, open_widget, click, corners, layer_of, place
):
    layer = viewer.add_image(target, name="right", units=("um", "um"), **place)
    run = Run(viewer.layers, snapshot(layer), {"final"})
    run.show_result(uncertain)
    Session.of(viewer).add(run)
    click(open_widget(TITLE).add_hints.button)
    np.testing.assert_allclose(corners(layer_of("hints")), corners(layer), atol=1e-9)
    assert layer_of("hints").units == layer.units


@every_layer
def test_painting_changes_the_final_layer_and_is_reported(hints, shows, uncertain, layer_of):
    hints.paint((20, 30), 1)
    expected = apply_hints(uncertain, painted(hints))
    assert not np.array_equal(expected.final, uncertain.final)
    shows(expected)
    told = layer_of("final").metadata[PLUGIN]["hints"]
    assert told["pixels"] == np.count_nonzero(hints.data)
    np.testing.assert_array_equal(layer_of("merged").data, as_shown(uncertain.merged))


def test_painted_hint_has_its_own_color(hints, widget, click, dialog):
    dialog(BLUE)
    click(widget.colors.change)
    np.testing.assert_allclose(hints.get_color(1)[:3], BLUE, atol=1e-4)
    red, green, blue = (round(255 * part) for part in BLUE)
    style = widget.colors.palette_row.buttons[1].styleSheet()
    assert f"rgb({red}, {green}, {blue})" in style


def test_painted_pixels_get_their_color_exactly(hints, widget, until, layer_of, finished):
    widget.colors.set_color(BLUE)
    hints.paint((20, 30), 1)
    until(lambda: finished.shown is not finished.result)
    ab = finished.shown.lab[np.asarray(hints.data) == 1][:, 1:]
    wanted = rgb2lab(np.float32([[BLUE]]))[0, 0, 1:]
    np.testing.assert_allclose(ab, np.broadcast_to(wanted, ab.shape), atol=1e-3)


def test_changed_color_of_a_hint_is_followed(hints, widget, shows, uncertain):
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    widget.colors.set_color(BLUE)
    shows(apply_hints(uncertain, Hints(np.asarray(hints.data), {1: BLUE})))


def test_second_color_gets_a_label_of_its_own(hints, widget, click, dialog, shows, uncertain):
    hints.paint((10, 10), 1)
    dialog(BLUE)
    click(widget.colors.new)
    assert hints.selected_label == 2
    hints.paint((40, 50), 2)
    assert labels.colors_of(hints)[2] == pytest.approx(BLUE, abs=1e-4)
    shows(apply_hints(uncertain, painted(hints)))


def test_clicked_color_becomes_the_brush_color(viewer, hints, widget, click, layers):
    widget.colors.add_color(BLUE)
    hints.mode = "pan_zoom"
    viewer.layers.selection.active = layers[0]
    click(widget.colors.palette_row.buttons[1])
    assert (hints.selected_label, hints.mode) == (1, "paint")
    assert viewer.layers.selection.active == hints


def test_cancelled_color_dialog_changes_nothing(hints, widget, click, dialog):
    before = labels.colors_of(hints)
    dialog(None)
    click(widget.colors.change)
    click(widget.colors.new)
    assert labels.colors_of(hints) == before


def test_unfinished_stroke_is_not_followed(hints, widget, shows, uncertain, until):
    until(lambda: not widget.follower.soon.isActive())
    with hints.block_history():
        hints.paint((20, 30), 1)
        assert not widget.follower.soon.isActive()
        hints.paint((20, 31), 1)
    assert widget.follower.soon.isActive()
    shows(apply_hints(uncertain, painted(hints)))


@pytest.mark.parametrize("undo", ["undo", "erase", "empty"])
def test_without_hints_the_result_is_unchanged(hints, shows, uncertain, layer_of, finished, undo):
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    if undo == "undo":
        hints.undo()
    elif undo == "erase":
        hints.brush_size = 20
        hints.paint((20, 30), 0)
    else:
        hints.data = np.zeros_like(hints.data)
    shows(uncertain)
    assert finished.shown is finished.result
    assert "hints" not in layer_of("final").metadata[PLUGIN]


def test_label_without_a_color_is_reported_and_changes_nothing(
    hints, widget, said, until, layer_of, uncertain
):
    hints.selected_label = 9
    assert "Label 9 has no colour yet" in widget.colors.sentence.text()
    hints.paint((20, 30), 9)
    until(lambda: len(said()) > 0)
    assert "label 9 has no colour" in said()[0]
    np.testing.assert_array_equal(layer_of("final").data, as_shown(uncertain.final))
    widget.colors.set_color(BLUE)
    until(lambda: not np.array_equal(layer_of("final").data, as_shown(uncertain.final)))


def test_layer_with_all_its_colors_in_use_says_so(hints, widget, said, monkeypatch):
    monkeypatch.setattr(labels, "_MOST", 1)
    widget.colors.add_color(BLUE)
    assert "colours at most" in said()[0]
    assert list(labels.colors_of(hints)) == [1]


def test_removed_hints_layer_leaves_its_colors_and_comes_back_with_them(
    viewer, hints, widget, shows, uncertain, click, layer_of, qtbot
):
    hints.paint((20, 30), 1)
    labels = np.array(hints.data)
    expected = apply_hints(uncertain, painted(hints))
    shows(expected)
    viewer.layers.remove("hints · right")
    assert widget.hints.value is None
    shows(expected)
    click(widget.add_hints.button)
    np.testing.assert_array_equal(layer_of("hints").data, labels)
    with qtbot.waitSignal(widget.follower.soon.timeout):
        pass
    shows(expected)


def test_choosing_no_layer_gives_no_hints(hints, widget, shows, uncertain):
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    widget.hints.value = None
    shows(uncertain)
    widget.hints.value = hints
    shows(apply_hints(uncertain, painted(hints)))


def test_hints_painted_before_the_widget_was_opened_are_followed(
    viewer, hints, open_widget, widget, finished, until
):
    widget.close()
    hints.paint((20, 30), 1)
    again = open_widget(TITLE)
    assert again.hints.value == hints
    until(lambda: finished.shown is not finished.result)


def test_result_itself_is_never_changed(hints, shows, uncertain):
    before = uncertain.final.copy(), uncertain.lab.copy(), uncertain.uncertainty.copy()
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    after = uncertain.final, uncertain.lab, uncertain.uncertainty
    for image, old in zip(after, before, strict=True):
        np.testing.assert_array_equal(image, old)


# --- points ---------------------------------------------------------------------------------


def test_points_are_dots_of_their_own_colors(viewer, widget, until, finished, layer_of):
    points = viewer.add_points(
        [(10, 12), (30, 50)], size=[5, 9], face_color=[BLUE, (0.75, 0.25, 0.25)], name="dots"
    )
    assert listed(widget.hints)[1:] == ["dots"]
    widget.hints.value = points
    until(lambda: finished.shown is not finished.result)
    hints = finished.obeyed.hints
    assert (hints.labels[10, 12], hints.labels[30, 50]) == (1, 2)
    assert hints.colors[1] == BLUE
    areas = [np.count_nonzero(hints.labels == label) for label in (1, 2)]
    np.testing.assert_allclose(areas, [np.pi * 2.5**2, np.pi * 4.5**2], rtol=0.2)
    before = layer_of("final").data
    points.data = [(40, 12), (30, 50)]
    until(lambda: not np.array_equal(layer_of("final").data, before))
    assert finished.obeyed.hints.labels[40, 12] == 1


# --- shapes ---------------------------------------------------------------------------------


@pytest.fixture
def menu(widget):
    """Choose a kind in the menu of the button that adds a hints layer."""

    def choose(kind):
        (action,) = [one for one in widget.add_hints.kinds.menu().actions() if one.text() == kind]
        action.trigger()
        return getattr(widget.hints.value, "__wrapped__", widget.hints.value)

    return choose


@pytest.fixture
def drag(viewer):
    """Drag the mouse over a layer along places in the world, as the canvas does."""

    def do(layer, *places):
        event = SimpleNamespace(
            button=1, modifiers=(), handled=False, dims_displayed=[0, 1], view_direction=None
        )
        calls = [mouse_press_callbacks, *[mouse_move_callbacks] * len(places[1:])]
        kinds = ["press", *["move"] * len(places[1:])]
        for kind, call, place in zip(kinds, calls, places, strict=True):
            event.type, event.position, event.pos = f"mouse_{kind}", place, np.array(place)
            event.is_dragging = kind != "press"
            call(layer, ReadOnlyWrapper(event))
        event.type = "mouse_release"
        mouse_release_callbacks(layer, ReadOnlyWrapper(event))

    return do


@pytest.mark.parametrize(("kind", "mode"), [("Points", "add"), ("Shapes", "add_polygon")])
def test_points_and_shapes_layers_lie_on_the_target_too(
    viewer, layers, widget, menu, finished, kind, mode
):
    layer_of_final = finished.layers.final
    layer_of_final.scale, layer_of_final.translate = (0.5, 2), (9, -4)
    layer = menu(kind)
    assert (type(layer).__name__, layer.name, layer.mode) == (kind, "hints · right", mode)
    np.testing.assert_array_equal(layer.scale, layer_of_final.scale)
    np.testing.assert_array_equal(layer.translate, layer_of_final.translate)
    assert layer.units == layer_of_final.units
    assert viewer.layers.selection.active.name == layer.name


def test_menu_offers_labels_too(menu):
    assert type(menu("Labels")).__name__ == "Labels"


@pytest.mark.parametrize("kind", ["Points", "Shapes"])
def test_next_mark_has_the_picked_color(viewer, widget, menu, click, click_canvas, layers, kind):
    layer = menu(kind)
    pixels = np.full((48, 64, 3), BLUE, np.float32) * 4000 + 100  # as a camera's 12 bits
    deep = viewer.add_image(pixels.astype(np.uint16), rgb=True, name="blue")
    deep.contrast_limits = 100, 4100  # what is seen counts
    viewer.layers.selection.active = widget.hints.value
    click(widget.colors.pick)
    assert layer.mode == "pan_zoom"
    click_canvas(5, 5)
    assert layer.mode.startswith("add")
    layer.add(SQUARE if kind == "Points" else [SQUARE])
    np.testing.assert_allclose(layer.face_color[:, :3], [BLUE] * len(layer.face_color), atol=1e-6)


def test_colors_of_shapes_are_offered_and_change_the_selection(widget, menu, click, dialog):
    shapes = menu("Shapes")
    shapes.add([SQUARE], shape_type="polygon")
    widget.colors.add_color(BLUE)
    shapes.add([SQUARE, SQUARE + 9], shape_type="polygon")
    assert list(widget.colors.palette_row.buttons) == [1, 2]
    click(widget.colors.palette_row.buttons[1])
    assert shapes.current_face_color == "#cc4c3fff"
    shapes.selected_data = {2}
    dialog((0, 1, 0))
    click(widget.colors.change)
    np.testing.assert_allclose(shapes.face_color[2], (0, 1, 0, 1), atol=1e-4)
    np.testing.assert_allclose(shapes.face_color[1, :3], BLUE, atol=1e-6)
    assert list(widget.colors.palette_row.buttons) == [1, 2, 3]


def test_shape_drawn_with_the_mouse_is_followed(menu, drag, shows, uncertain, finished):
    shapes = menu("Shapes")
    shapes.mode = "add_rectangle"
    drag(shapes, (10, 20), (20, 40), (30, 44))
    assert len(shapes.data) == 1
    hints = reading.noted(shapes, finished.layers.final, (48, 64))()
    assert np.count_nonzero(hints.labels) == pytest.approx(20 * 24, rel=0.1)
    expected = apply_hints(uncertain, Hints(hints.labels, hints.colors))
    assert not np.array_equal(expected.final, uncertain.final)
    shows(expected)
    shapes.remove_selected()
    shows(uncertain)


def _draw(shapes, drag):
    shapes.mode = "add_ellipse"
    drag(shapes, (5, 5), (9, 9), (12, 14))


def _drag(shapes, drag):
    shapes.mode = "select"
    drag(shapes, (15, 18), (17, 20), (25, 30))


def _paste(shapes, drag):
    shapes._copy_data()
    shapes._paste_data()


EDITS = {
    "draw": _draw,
    "move with the mouse": _drag,
    "add": lambda shapes, drag: shapes.add([SQUARE / 2], shape_type="polygon"),
    "delete": lambda shapes, drag: shapes.remove_selected(),
    "fill": lambda shapes, drag: setattr(shapes, "current_face_color", "blue"),
    "make transparent": lambda shapes, drag: setattr(shapes, "current_face_color", "transparent"),
    "recolour all": lambda shapes, drag: setattr(shapes, "face_color", "lime"),
    "bring to the front": lambda shapes, drag: shapes.move_to_front(),
    "paste": _paste,
    "replace all": lambda shapes, drag: setattr(shapes, "data", [SQUARE + 4]),
    "edge": lambda shapes, drag: setattr(shapes, "current_edge_color", "blue"),
    "edge width": lambda shapes, drag: setattr(shapes, "current_edge_width", 5),
    "move the layer": lambda shapes, drag: setattr(shapes, "translate", (3, 4)),
}


def test_every_edit_of_shapes_is_noticed(widget, menu, drag):
    shapes = menu("Shapes")
    for name, edit in EDITS.items():
        shapes.data = []
        shapes.add([SQUARE, SQUARE + 2], shape_type="polygon")
        shapes.selected_data = {0}
        widget.follower.soon.stop()
        edit(shapes, drag)
        assert widget.follower.soon.isActive(), name


def test_existing_shapes_may_be_hints(viewer, widget, until, finished):
    viewer.add_shapes([SQUARE], shape_type="polygon", face_color=[BLUE], name="mine")
    assert listed(widget.hints)[1:] == ["mine"]
    widget.hints.value = viewer.layers["mine"]
    until(lambda: finished.shown is not finished.result)
    assert finished.obeyed.hints.colors == {1: BLUE}


# --- the eyedropper -------------------------------------------------------------------------


def test_eyedropper_takes_the_color_under_the_click_and_paints_nothing(
    viewer, hints, widget, click, click_canvas, layer_of
):
    click(widget.colors.pick)
    assert hints.mode == "pan_zoom"
    click_canvas(12.2, 33.9)
    expected = layer_of("final").data[12, 34]
    assert labels.colors_of(hints)[2] == pytest.approx((expected / 255).tolist(), abs=1e-6)
    assert (hints.selected_label, hints.mode) == (2, "paint")
    assert not widget.colors.pick.isChecked()
    assert not hints.data.any()
    assert widget.colors.sentence.text().startswith("Picked from 'final · right'. Now paint")
    click_canvas(20, 20)
    assert list(labels.colors_of(hints)) == [1, 2]


@pytest.fixture
def pick(hints, widget, click, click_canvas):
    """Pick the colour at a place in the world; return its layer and the colour."""

    def pick_at(*position):
        click(widget.colors.pick)
        click_canvas(*position)
        layer = widget.hints.value
        name = widget.colors.sentence.text().split("'")[1]
        return name, labels.colors_of(layer)[layer.selected_label]

    return pick_at


def test_eyedropper_takes_the_topmost_visible_color(viewer, pick, layers, layer_of):
    viewer.add_image(np.full((48, 64, 3), (65535, 0, 32768), np.uint16), rgb=True, name="top")
    viewer.add_image(np.zeros((48, 64, 3)), rgb=True, name="hidden", visible=False)
    viewer.add_image(np.zeros((48, 64, 3)), rgb=True, name="clear", opacity=0)
    viewer.add_image(np.zeros((48, 64, 4)), rgb=True, name="holes")
    viewer.add_image(np.zeros((48, 64)), name="grey")
    viewer.add_labels(np.ones((48, 64), int), name="more labels")
    name, color = pick(5, 5)
    assert name == "top"
    assert color == pytest.approx((1, 0, 0.5), abs=1e-4)
    viewer.layers["top"].visible = False
    assert pick(5, 5)[0] == "final · right"
    layer_of("final").visible = False
    assert pick(5, 5)[0] == "left"


@pytest.mark.parametrize(
    "place", [{"translate": (0, 200)}, {"translate": (5, 200), "scale": (2, 0.5), "rotate": 30}]
)
def test_eyedropper_takes_the_source_where_it_lies_elsewhere(pick, layers, source, place):
    for name, value in place.items():
        setattr(layers[0], name, value)
    name, color = pick(*layers[0].data_to_world((12, 34)))
    assert name == "left"
    assert color == pytest.approx((source[12, 34] / 255).tolist(), abs=1e-6)


def test_eyedropper_takes_the_color_of_a_pyramid(viewer, widget, pick):
    levels = [np.zeros((side, side, 3), np.uint8) for side in (64, 32)]
    levels[0][20:24, 40:44] = levels[1][10:12, 20:22] = (0, 255, 0)
    viewer.add_image(levels, rgb=True, multiscale=True, name="pyramid", scale=(0.5, 0.5))
    viewer.layers.selection.active = widget.hints.value
    assert pick(10.8, 20.8) == ("pyramid", (0, 1, 0))
    assert pick(10.8, 25) == ("pyramid", (0, 0, 0))


def test_eyedropper_uses_the_grid_cell_under_the_mouse(
    viewer, hints, widget, click, click_canvas, names
):
    if not hasattr(viewer, "canvas"):
        pytest.skip("older viewers put the layers of a grid into different places")
    grid = viewer.canvas.grid
    grid.enabled = True
    for name in ("left", "final · right"):
        click(widget.colors.pick)
        place = grid.position(names().index(name), list(viewer.layers))
        click_canvas(5, 5, viewbox=tuple(place))
        assert widget.colors.sentence.text().startswith(f"Picked from '{name}'.")


def test_eyedropper_reports_a_place_without_color_and_waits(
    hints, widget, click, click_canvas, viewer
):
    before = list(viewer.mouse_drag_callbacks)
    click(widget.colors.pick)
    click_canvas(500, 500)
    assert "no colour image there" in widget.colors.sentence.text()
    assert widget.colors.pick.isChecked()
    click(widget.colors.pick)
    assert hints.mode == "paint"
    assert viewer.mouse_drag_callbacks == before
    click_canvas(5, 5)
    assert list(labels.colors_of(hints)) == [1]


def test_eyedropper_is_put_away_when_another_image_is_chosen(viewer, hints, widget, click):
    before = len(viewer.mouse_drag_callbacks)
    click(widget.colors.pick)
    assert len(viewer.mouse_drag_callbacks) == before + 1
    widget.image.value = widget.image.choices[-1]
    assert len(viewer.mouse_drag_callbacks) == before
    assert not widget.colors.pick.isChecked()


def test_esc_puts_the_eyedropper_away_and_gives_the_brush_back(viewer, hints, widget, click, qtbot):
    before = list(viewer.mouse_drag_callbacks)
    click(widget.colors.pick)
    assert widget.colors.sentence.text() == "Click where the colour is right. Esc cancels."
    qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert not widget.colors.pick.isChecked()
    assert viewer.mouse_drag_callbacks == before
    assert hints.mode == "paint"
    assert not widget.colors.sentence.text().startswith("Click where")


def test_swatch_shows_the_color_under_the_mouse(viewer, widget, click, hover, layer_of):
    click(widget.colors.pick)
    hover(12.2, 33.9)
    expected = (layer_of("final").data[12, 34] / 255).tolist()
    assert widget.colors.swatch.color == pytest.approx(expected, abs=1e-6)
    hover(500, 500)
    assert widget.colors.swatch.color is None


def test_dragging_the_mouse_picks_nothing(viewer, widget, click, click_canvas, names):
    click(widget.colors.pick)
    click_canvas(12, 34, to=(40, 60))
    assert widget.colors.pick.isChecked()
    assert "hints · right" not in names()


# --- hints alone ----------------------------------------------------------------------------


@pytest.fixture
def large(viewer, source, target):
    """The viewer's layers "left" in colour and "right" in grey, large enough for every network."""
    viewer.add_image(source, rgb=True, name="left")
    return viewer.add_image(np.kron(target, np.ones((2, 2), np.uint8)), name="right")


@pytest.fixture
def alone(large, open_widget, click, threads_end):
    """The widget in a viewer without any run, with a hints layer."""
    widget = open_widget(TITLE)
    assert listed(widget.image) == ["right, by hand alone"]
    click(widget.add_hints.button)
    yield widget
    threads_end()


def test_hints_alone_color_a_target(alone, large, click, until, layer_of, names, corners):
    hints = layer_of("hints")
    hints.paint((20, 30), 1)
    until(lambda: "final · right" in names())
    expected = colorize_from_hints(large.data, painted(hints))
    np.testing.assert_array_equal(layer_of("final").data, as_shown(expected))
    np.testing.assert_allclose(corners(layer_of("final")), corners(large))
    told = layer_of("final").metadata[PLUGIN]
    assert told["hints"]["pixels"] == np.count_nonzero(hints.data)
    assert "neither learnt nor measured" in told["note"]


def test_image_colored_from_hints_alone_follows_them(
    alone, large, click, until, layer_of, names, threads_end
):
    hints = layer_of("hints")
    hints.paint((20, 30), 1)
    until(lambda: "final · right" in names())
    before = names()
    alone.colors.add_color(BLUE)
    hints.paint((40, 50), 2)
    expected = colorize_from_hints(large.data, painted(hints))
    until(lambda: np.array_equal(layer_of("final").data, as_shown(expected)))
    threads_end()
    assert names() == before


def test_empty_hints_color_nothing(alone, layer_of, names, qtbot, threads_end):
    before = names()
    with qtbot.waitSignal(alone.follower.soon.timeout):
        layer_of("hints").refresh()
    threads_end()
    assert names() == before


def test_unusable_target_is_reported(viewer, open_widget, click, said, until, layer_of):
    viewer.add_image(np.zeros((96, 128)), name="blank")
    widget = open_widget(TITLE)
    click(widget.add_hints.button)
    layer_of("hints").paint((20, 30), 1)
    until(lambda: len(said()) > 0)
    assert "The target is constant" in said()[0]
    assert [layer.name for layer in viewer.layers] == ["blank", "hints · blank"]


def test_first_finished_run_is_selected(viewer, layers, open_widget, uncertain):
    widget = open_widget(TITLE)
    assert listed(widget.image) == ["right, by hand alone"]
    assert widget.regions.isHidden()
    run = Run(viewer.layers, snapshot(layers[1]), {"final"})
    run.show_result(uncertain)
    Session.of(viewer).add(run)
    assert widget.image.native.currentText() == "final · right"
    assert not widget.regions.isHidden()


def test_hints_alone_can_be_chosen_besides_a_run(viewer, widget, click, layer_of, names):
    widget.image.value = widget.image.choices[-1]
    assert widget.image.native.currentText() == "right, by hand alone"
    click(widget.add_hints.button)
    assert widget.image.native.currentText() == "right, by hand alone"
    assert widget.regions.isHidden()


def test_without_layers_the_widget_explains_what_to_do(open_widget):
    widget = open_widget(TITLE)
    assert "There is nothing to correct yet" in widget.sentence.text()
    assert not widget.add_hints.button.isEnabled()
    assert not widget.colors.isEnabled()


# --- pointing first -------------------------------------------------------------------------


def test_color_is_picked_and_painted_on_a_new_layer_on_top(
    viewer, widget, click, click_canvas, layer_of, shows, uncertain, names
):
    click(widget.colors.pick)
    click_canvas(12.2, 33.9)
    assert names()[-1] == "hints · right"
    hints = layer_of("hints")
    expected = (layer_of("final").data[12, 34] / 255).tolist()
    assert labels.colors_of(hints) == {1: pytest.approx(expected, abs=1e-6)}
    assert (hints.mode, hints.selected_label, hints.brush_size) == ("paint", 1, 8)
    assert viewer.layers.selection.active == hints
    assert widget.colors.swatch.color == pytest.approx(expected, abs=1e-6)
    hints.paint((40, 5), 1)
    shows(apply_hints(uncertain, painted(hints)))


def test_hints_that_lie_below_are_raised(viewer, hints, widget, click, click_canvas, names):
    viewer.layers.move(viewer.layers.index(hints), 0)
    hints.visible = False
    click(widget.colors.pick)
    click_canvas(12, 34)
    assert names()[-1] == "hints · right"
    assert hints.visible
    click(widget.colors.pick)
    click_canvas(12, 34)
    assert list(labels.colors_of(hints)) == [1, 2]  # the same colour is not there twice


def test_escape_before_a_color_is_picked_adds_no_layer(viewer, widget, click, qtbot, names):
    before = names()
    click(widget.colors.pick)
    qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert names() == before


@with_regions
def test_region_under_the_click_is_outlined_and_given_a_color(
    viewer, widget, click, click_canvas, dialog, layer_of, finished, uncertain, shows
):
    regions = layer_of("regions")
    before = regions.colormap
    click(widget.regions.edit)
    assert (regions.visible, regions.contour) == (True, 1)
    assert viewer.layers.index(regions) > viewer.layers.index(layer_of("final"))
    click_canvas(20.3, 30.4)
    label = int(uncertain.regions[20, 30])
    assert regions.selected_label == label
    shown = regions.colormap.color_dict
    assert shown[label].tolist() != shown[None].tolist()
    dialog(BLUE)
    click(widget.regions.give_color)
    given = finished.steering.region_colors
    assert given == {label: pytest.approx(BLUE, abs=1e-4)}
    shows(recolor_headless(uncertain, uncertain.regions, given))
    click(widget.regions.edit)
    assert not regions.visible
    assert regions.colormap == before


def test_region_takes_a_picked_color(
    viewer, widget, click, click_canvas, finished, layer_of, uncertain, qtbot
):
    click(widget.regions.edit)
    click_canvas(20, 30)
    click(widget.regions.pick)
    assert widget.regions.sentence.text() == "Click where the colour is right. Esc cancels."
    click_canvas(40, 5)
    expected = layer_of("final").data[40, 5] / 255
    label = int(uncertain.regions[20, 30])
    assert finished.steering.region_colors == {label: pytest.approx(expected.tolist())}
    click_canvas(40, 5)  # points at regions again
    assert layer_of("regions").selected_label == int(uncertain.regions[40, 5])
    qtbot.keyClick(widget, Qt.Key.Key_Escape)
    assert not widget.regions.edit.isChecked()


def test_regions_need_no_layer_beforehand(
    viewer, layers, uncertain, open_widget, click, names, layer_of
):
    run = Run(viewer.layers, snapshot(layers[1]), {"final"})
    run.show_result(uncertain)
    Session.of(viewer).add(run)
    widget = open_widget(TITLE)
    click(widget.regions.edit)
    assert names()[-2:] == ["final · right", "regions · right"]
    np.testing.assert_array_equal(layer_of("regions").data, uncertain.regions)
    click(widget.regions.edit)
    assert not layer_of("regions").visible


def test_one_tool_at_a_time(viewer, widget, click):
    click(widget.regions.edit)
    click(widget.colors.pick)
    assert (widget.regions.edit.isChecked(), widget.colors.pick.isChecked()) == (False, True)
    click(widget.regions.edit)
    assert (widget.regions.edit.isChecked(), widget.colors.pick.isChecked()) == (True, False)


# --- undo -----------------------------------------------------------------------------------


@with_regions
def test_strokes_and_regions_are_undone_in_order_and_redone(
    widget, click, hints, layer_of, shows, uncertain, finished, until
):
    assert not widget.undo.isEnabled()
    hints.paint((20, 30), 1)
    until(lambda: finished.steering.hints is not None)
    one = painted(hints)
    regions = layer_of("regions")
    regions.selected_label = label = int(regions.data[-1, -1])
    widget.regions.set_color((0, 0, 1))
    regions.fill((0, 0), label)
    until(lambda: not np.array_equal(finished.regions, uncertain.regions))
    filled = np.array(regions.data)
    hints.paint((40, 50), 1)
    until(lambda: not one.is_like(finished.steering.hints))
    two = painted(hints)
    colored = recolor_headless(uncertain, filled, {label: (0, 0, 1)})
    shows(apply_hints(colored, two))
    click(widget.undo)
    shows(apply_hints(colored, one))
    np.testing.assert_array_equal(hints.data, one.labels)
    click(widget.undo)
    np.testing.assert_array_equal(regions.data, uncertain.regions)
    shows(apply_hints(recolor_headless(uncertain, regions.data, {label: (0, 0, 1)}), one))
    click(widget.undo)
    shows(apply_hints(uncertain, one))
    click(widget.undo)
    shows(uncertain)
    assert not hints.data.any()
    assert widget.hints.value == hints
    assert not widget.undo.isEnabled()
    for _ in range(4):
        click(widget.redo)
    shows(apply_hints(colored, two))
    np.testing.assert_array_equal(hints.data, two.labels)
    np.testing.assert_array_equal(regions.data, filled)
    assert not widget.redo.isEnabled()


def test_hints_read_before_an_undo_are_not_used_after_it(
    widget, click, hints, gate, until, monkeypatch, finished, uncertain, shows, threads_end
):
    hints.paint((20, 30), 1)
    one = painted(hints)
    shows(apply_hints(uncertain, one))
    copied = labels._copied

    def held(*arguments):
        named = copied(*arguments)
        gate.pass_through()
        return named

    monkeypatch.setattr(labels, "_copied", held)
    hints.refresh()
    hints.events.set_data()
    until(gate.reached.is_set)
    click(widget.undo)
    gate.open()
    threads_end()
    until(lambda: not (widget.follower.soon.isActive() or widget.follower.reading.is_busy))
    assert finished.steering.hints is None
    assert not widget.undo.isEnabled()
    shows(uncertain)


def test_undo_of_napari_still_works(hints, widget, click, shows, uncertain, until, finished):
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    one = np.array(hints.data)
    hints.paint((40, 50), 1)
    shows(apply_hints(uncertain, painted(hints)))
    hints.undo()
    np.testing.assert_array_equal(hints.data, one)
    shows(apply_hints(uncertain, painted(hints)))
    click(widget.undo)  # and that is undone as any stroke
    assert np.count_nonzero(hints.data) > np.count_nonzero(one)
    hints.undo()
    np.testing.assert_array_equal(hints.data, one)


def test_changed_color_of_a_hint_is_undone(hints, widget, click, shows, uncertain, until):
    hints.paint((20, 30), 1)
    before = painted(hints)
    shows(apply_hints(uncertain, before))
    widget.colors.set_color(BLUE)
    shows(apply_hints(uncertain, painted(hints)))
    click(widget.undo)
    assert labels.colors_of(hints)[1] == pytest.approx(before.colors[1])
    shows(apply_hints(uncertain, before))


@pytest.mark.parametrize("kind", ["Points", "Shapes"])
def test_points_and_shapes_are_undone(widget, menu, click, until, finished, uncertain, kind):
    layer = menu(kind)
    add = layer.add if kind == "Points" else lambda one: layer.add([one], shape_type="polygon")
    add(SQUARE)
    until(lambda: finished.steering.hints is not None)
    first = finished.steering.hints
    before = [np.array(one) for one in layer.data]
    add(SQUARE + 20)
    until(lambda: finished.steering.hints is not first)
    click(widget.undo)
    np.testing.assert_array_equal(layer.data, before)
    assert finished.steering.hints is first
    click(widget.undo)
    assert len(layer.data) == 0
    click(widget.redo)
    np.testing.assert_array_equal(layer.data, before)
    until(lambda: finished.obeyed.hints is first)


def test_undoing_the_choice_of_a_layer_keeps_its_contents(viewer, widget, click, until, finished):
    points = viewer.add_points([(10, 12)], size=5, face_color=[BLUE], name="dots")
    widget.hints.value = points
    until(lambda: finished.steering.hints is not None)
    click(widget.undo)
    assert widget.hints.value is None
    assert len(points.data) == 1
    click(widget.redo)
    assert widget.hints.value == points
    until(lambda: finished.obeyed.hints is not None)


@with_regions
def test_starting_over_reverts_everything_and_can_be_undone(
    widget, click, hints, layer_of, shows, uncertain, finished, until
):
    hints.paint((20, 30), 1)
    until(lambda: finished.steering.hints is not None)
    regions = layer_of("regions")
    regions.selected_label = label = int(regions.data[-1, -1])
    widget.regions.set_color((0, 0, 1))
    corrected = apply_hints(
        recolor_headless(uncertain, regions.data, {label: (0, 0, 1)}), painted(hints)
    )
    shows(corrected)
    click(widget.start_over)
    shows(uncertain)
    assert not hints.visible
    assert hints.data.any()
    assert not widget.start_over.isEnabled()
    click(widget.undo)
    assert hints.visible
    shows(corrected)


def test_slow_recoloring_shows_a_sign_of_work(
    widget, hints, gate, until, monkeypatch, finished, threads_end
):
    slowly = order.apply_hints

    def held(*arguments):
        gate.pass_through()
        return slowly(*arguments)

    monkeypatch.setattr(order, "apply_hints", held)
    assert widget.work.isHidden()
    hints.paint((20, 30), 1)
    until(lambda: not widget.work.isHidden())
    assert widget.work.text() == "The colours follow…"
    hints.paint((40, 50), 1)  # painting goes on meanwhile
    gate.open()
    until(lambda: widget.work.isHidden() and not finished.following.is_busy)
    threads_end()


# --- beside the other widgets ---------------------------------------------------------------


@pytest.mark.parametrize("kinds", [{"final", "regions", "quickshift"}], ids=["quickshift, too"])
def test_hints_stay_on_top_of_edited_regions(
    widget, hints, shows, uncertain, click, layer_of, finished
):
    hints.paint((20, 30), 1)
    shows(apply_hints(uncertain, painted(hints)))
    regions = layer_of("regions")
    regions.selected_label = label = int(regions.data[-1, -1])
    widget.regions.set_color((0, 0, 1))
    edited = recolor_headless(uncertain, regions.data, {label: (0, 0, 1)})
    shows(apply_hints(edited, painted(hints)))
    np.testing.assert_array_equal(layer_of("quickshift").data, as_shown(edited.quickshift))
    hints.undo()
    shows(edited)
    click(widget.start_over)
    shows(uncertain)


def test_updated_run_takes_over_the_hints(
    colorize, run, fill, open_widget, click, until, layer_of, threads_end
):
    run(colorize)
    widget = open_widget(TITLE)
    click(widget.add_hints.button)
    hints = layer_of("hints")
    hints.paint((20, 30), 1)
    until(lambda: "hints" in colorize.result.provenance)
    colorize.update_layers.value = True
    fill(colorize, seed=1)
    run(colorize)
    until(lambda: "hints" in colorize.result.provenance)
    assert colorize.result.provenance["seed"] == 1
    assert widget.hints.value == hints
    np.testing.assert_array_equal(layer_of("final").data, as_shown(colorize.result.final))
    threads_end()


@pytest.fixture
def two_threads():
    """Allow hints to be followed during a run even on one core."""
    pool = QThreadPool.globalInstance()
    before = pool.maxThreadCount()
    pool.setMaxThreadCount(max(before, 2))
    yield
    pool.setMaxThreadCount(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kinds", [STAGES], ids=["stages"])
def test_hints_painted_during_an_update_that_fails_stay(
    colorize, run, fill, open_widget, click, until, layer_of, steps, gate, talkative, finish
):
    run(colorize)
    widget = open_widget(TITLE)
    click(widget.add_hints.button)

    def fail(training):
        gate.pass_through()
        raise RuntimeError("CUDA out of memory")

    colorize.update_layers.value = True
    fill(colorize, seed=1)
    steps(6, fail)
    tiles = layer_of("tiles").data.copy()
    click(colorize.controls.button)
    until(gate.reached.is_set)
    until(lambda: not np.array_equal(layer_of("tiles").data, tiles))
    layer_of("hints").paint((20, 30), 1)
    until(lambda: "hints" in layer_of("final").metadata[PLUGIN])
    gate.open()
    finish(colorize)
    np.testing.assert_array_equal(layer_of("tiles").data, tiles)
    assert widget.hints.value == layer_of("hints")
    assert "hints" in layer_of("final").metadata[PLUGIN]
    assert "hints" in colorize.result.provenance
    np.testing.assert_array_equal(layer_of("final").data, as_shown(colorize.result.final))


def test_run_whose_final_layer_was_removed_is_not_offered(viewer, widget, finished):
    viewer.layers.remove("final · right")
    assert "final · right" not in listed(widget.image)
    assert finished in Session.of(viewer).runs


def test_other_labels_layers_of_the_same_size_may_be_hints(viewer, widget, hints, layer_of):
    viewer.add_labels(np.zeros((48, 64), int), name="mine")
    viewer.add_labels(np.zeros((9, 9), int), name="other size")
    assert listed(widget.hints)[1:] == ["hints · right", "mine"]


def test_renamed_layers_stay_chosen(widget, hints, layer_of):
    hints.name, layer_of("final").name = "dabs", "picture"
    assert widget.image.native.currentText() == "picture"
    assert widget.hints.native.currentText() == "dabs"
