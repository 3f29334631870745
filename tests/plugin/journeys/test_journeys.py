"""Journeys through a real viewer with a window: from layers to coloured ones, by clicking."""

import gc
import weakref

import dask.array
import numpy as np
import pytest
from docked import dock_of
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog
from shown import STAGES, as_shown
from skimage.color import rgb2lab

from napari_oneshot_color import Colorizer
from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.tabs.colorize import ColorizeTab
from napari_oneshot_color.steering.recoloring import recolor as recolor_headless

pytestmark = pytest.mark.usefixtures("no_figures")

PLUGIN = "napari-oneshot-color"


def is_colorful(viewer):
    """Return whether a picture of the canvas contains any colour."""
    picture = viewer.screenshot(flash=False)[..., :3].astype(int)
    return bool(np.ptp(picture, axis=2).max() > 20)


@pytest.fixture
def kinds():
    """The stages that are shown."""
    return STAGES


@pytest.fixture
def viewer(real_viewer):
    return real_viewer


@pytest.fixture
def open_widget(dock):
    return dock


def test_one_click_colors_the_sample_pair(viewer, open_widget, fill, run, names, layer_of):
    widget = open_widget("Colorize from example")
    viewer.open_sample(PLUGIN, "motorcycle")
    fill(widget, working_size=64)
    pixels = viewer.layers["motorcycle"].data.copy()
    assert widget.source.value.name == "motorcycle source"
    assert widget.target.value.name == "motorcycle"

    run(widget)

    assert names()[3:] == ["final · motorcycle"]
    final, target = layer_of("final"), viewer.layers["motorcycle"]
    assert final.visible
    assert viewer.layers.selection.active.name == final.name
    assert final.rgb
    assert final.data.shape == (*target.data.shape, 3)
    np.testing.assert_array_equal(target.data, pixels)
    own = rgb2lab(np.repeat(target.data[..., None], 3, axis=2))[..., 0]
    clipped = final.metadata[PLUGIN]["clipped_fraction"]
    is_own = np.abs(rgb2lab(final.data)[..., 0] - own) < 0.3  # half a step of 8 bit
    assert is_own.mean() >= 1 - clipped - 1e-3


def test_colors_are_seen_on_the_canvas(make_napari_viewer_proxy, target, vivid, until):
    viewer = make_napari_viewer_proxy(show=True)
    layer = viewer.add_image(target, name="right")
    until(lambda: viewer.screenshot(flash=False)[..., :3].max() > 100)
    assert not is_colorful(viewer)
    Run(viewer.layers, snapshot(layer), set(LAYERS)).show_result(vivid)
    until(lambda: is_colorful(viewer))


def test_results_are_placed_on_a_target_with_any_transform(
    viewer, color_right, source, target, layer_of, corners, said
):
    left = viewer.add_image(source, rgb=True, name="left", units=("um", "um"))
    right = viewer.add_image(
        target,
        name="right",
        scale=(0.5, 0.25),
        translate=(100, -40),
        rotate=30,
        shear=[0.4],
        units=("um", "um"),
        axis_labels=("row", "column"),
    )
    color_right(right, left, working_size=32)
    for stage in STAGES:
        np.testing.assert_allclose(corners(layer_of(stage)), corners(right), atol=1e-9)
        assert layer_of(stage).units == right.units
        assert layer_of(stage).axis_labels == right.axis_labels
    if hasattr(viewer.layers, "units"):  # from napari 0.7
        assert viewer.layers.units == right.units


def test_out_of_memory_in_the_middle_is_reported_and_the_next_run_works(
    colorize, steps, run, said, names, talkative
):
    def fail(training):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    steps(6, fail)
    run(colorize)
    assert "There was not enough memory. Lower the batch size" in said()[0]
    assert names() == ["left", "right"]
    run(colorize)
    assert names()[2:] == [f"{stage} · right" for stage in STAGES]


def test_painted_filled_and_erased_regions_are_followed(
    viewer, colorize, run, open_widget, layer_of, until
):
    run(colorize)
    result = colorize.result
    open_widget("Correct colours")
    regions = layer_of("regions")
    regions.visible = True
    regions.brush_size = 9
    first, last = int(regions.data[0, 0]), int(regions.data[-1, -1])
    for edit in (
        lambda: regions.paint((20, 30), first),
        lambda: regions.fill((47, 63), first),
        lambda: regions.paint((40, 10), 0),
        lambda: regions.fill((0, 0), last),
        regions.undo,
    ):
        edit()
        expected = recolor_headless(result, regions.data)
        for kind in ("quickshift", "final"):
            image = as_shown(getattr(expected, kind))
            until(lambda kind=kind, image=image: np.array_equal(layer_of(kind).data, image))


def test_mouse_stroke_is_a_hint_and_a_click_picks_a_color(
    make_napari_viewer, qtbot, target, source, vivid, click, until, threads_end
):
    viewer = make_napari_viewer(show=True)
    viewer.add_image(source, rgb=True, name="left", translate=(0, 70))
    right = viewer.add_image(target, name="right")
    run = Run(viewer.layers, snapshot(right), {"final"})
    run.show_result(vivid)
    Session.of(viewer).add(run)
    widget = viewer.window.add_plugin_dock_widget(PLUGIN, "Correct colours")[1].tab
    click(widget.add_hints.button)
    hints = viewer.layers["hints · right"]
    viewer.reset_view()
    canvas = viewer.window._qt_viewer.canvas  # napari has no public way to click on it
    until(lambda: viewer.screenshot(flash=False)[..., :3].max() > 100)

    def click_at(*place):
        corner, far = (
            np.array(canvas._map_canvas2world(pixel, canvas.view)) for pixel in ((0, 0), (100, 100))
        )
        y, x = (np.array(place) - corner) / (far - corner) * 100
        where = QPoint(round(x), round(y))
        qtbot.mousePress(canvas.native, Qt.MouseButton.LeftButton, pos=where)
        qtbot.mouseRelease(canvas.native, Qt.MouseButton.LeftButton, pos=where)

    click_at(20, 30)
    assert hints.data[20, 30] == 1
    until(lambda: run.shown is not run.result)
    dab = np.count_nonzero(hints.data)
    click(widget.colors.pick)
    click_at(10, 70 + 40)
    assert np.count_nonzero(hints.data) == dab
    assert hints.selected_label == 2
    near = source[7:14, 37:44].reshape(-1, 3) / 255
    assert np.abs(near - hints.get_color(2)[:3]).max(axis=1).min() < 0.01
    click_at(40, 10)
    assert hints.data[40, 10] == 2
    until(lambda: len(run.shown.provenance["hints"]["colors"]) == 2)
    threads_end()


def test_stack_is_colored_as_it_is_viewed(viewer, apply, click, stack, corners, seen, until):
    cells = viewer.add_image(stack, name="cells", scale=(4, 0.5, 0.25), translate=(1, 2, 3))
    click(apply.controls.button)
    final = viewer.layers["final · cells"]
    assert final.rgb
    assert final.data.shape == (3, 48, 64, 3)
    np.testing.assert_allclose(corners(final), corners(cells))
    assert viewer.dims.ndim == 3
    expected = final.data.compute()
    for index in (2, 0):
        viewer.dims.set_current_step(0, index)
        until(lambda index=index: np.array_equal(seen(final), expected[index]))


def test_tiles_epochs_losses_and_progress_are_seen_while_training(
    colorize, hold, gate, finish, talkative, layer_of, until
):
    colorize.layers["epochs"].value = True
    hold(colorize, step=6)  # of the second epoch's four
    until(lambda: colorize.controls.bar.value() == 5)
    assert colorize.controls.bar.maximum() == 8
    assert colorize.controls.stage.text().startswith("Training · epoch 2 · ")
    assert colorize.controls.stage.text().endswith(" left")
    assert layer_of("tiles").visible
    assert layer_of("tiles").data.shape == (48, 64, 3)
    assert layer_of("epochs").data.shape == (1, 48, 64, 3)
    drawn = colorize.loss_plot.curves["generator"]
    until(lambda: np.array_equal(drawn.getData()[0], [1, 2, 3, 4, 5]))
    early = layer_of("tiles").data
    gate.open()
    finish(colorize)
    assert not np.array_equal(layer_of("tiles").data, early)
    assert layer_of("epochs").data.shape == (2, 48, 64, 3)


def test_button_goes_from_run_to_stop_to_stopping_to_run(colorize, hold, gate, finish, click):
    button = colorize.controls.button
    assert button.text() == "Run"
    hold(colorize)
    assert button.text() == "Stop"
    assert button.isEnabled()
    click(button)
    assert button.text() == "Stopping…"
    assert not button.isEnabled()
    click(button)
    assert colorize.controls.state is RunState.STOPPING
    gate.open()
    finish(colorize)
    assert button.text() == "Run"
    assert button.isEnabled()


def test_layers_renamed_in_the_middle_keep_their_names_and_results_the_old_one(
    viewer, colorize, layers, hold, gate, finish, names, layer_of
):
    hold(colorize)
    layers[0].name, layers[1].name = "example", "to colour"
    gate.open()
    finish(colorize)
    assert names() == ["example", "to colour", *(f"{kind} · right" for kind in STAGES)]
    assert layer_of("final").metadata["napari-oneshot-color"]["target"]["name"] == "right"


def test_all_layers_removed_in_the_middle_do_no_harm(
    viewer, colorize, hold, gate, finish, talkative, names, until
):
    hold(colorize)
    until(lambda: "tiles · right" in names())
    viewer.layers.clear()
    gate.open()
    finish(colorize)
    assert names() == [f"{kind} · right" for kind in STAGES[1:]]


def test_closing_the_panel_stops_the_run_and_keeps_what_was_learnt(
    viewer, colorize, hold, gate, click, until, names, layer_of, threads_end, open_widget
):
    hold(colorize, step=3)
    click(dock_of(colorize).title.close_button)
    assert colorize.controls.state is RunState.STOPPING
    gc.collect()  # nobody but the run needs the panel any more
    gate.open()
    until(lambda: Session.of(viewer).running is None)
    threads_end()
    assert names()[2:] == [f"{kind} · right" for kind in STAGES]
    assert layer_of("final").metadata["napari-oneshot-color"]["steps"] == 3
    assert open_widget("Colorize from example") is not colorize


def test_hidden_or_floating_panel_goes_on_training(
    viewer, colorize, hold, gate, click, finish, layer_of
):
    hold(colorize)
    dock = dock_of(colorize)
    dock.setFloating(True)
    click(dock.title.hide_button)
    assert colorize.controls.state is RunState.RUNNING
    gate.open()
    finish(colorize)
    assert layer_of("final").metadata["napari-oneshot-color"]["stopped"] is False


def test_closed_panel_is_garbage_collected_and_disconnected(
    viewer, layers, open_widget, click, is_dead, until, said
):
    reference = weakref.ref(open_widget("Colorize from example"))
    click(dock_of(reference()).title.close_button)
    until(lambda: is_dead(reference))
    viewer.layers.selection = set(layers)
    layers[0].name = "example"
    viewer.layers.clear()
    assert said() == []


def test_closed_hints_panel_is_garbage_collected_and_leaves_no_eyedropper(
    viewer, layers, open_widget, click, is_dead, until, said
):
    reference = weakref.ref(open_widget("Correct colours"))
    click(reference().add_hints.button)
    before = list(viewer.mouse_drag_callbacks)
    click(reference().colors.pick)
    assert len(viewer.mouse_drag_callbacks) == len(before) + 1
    click(dock_of(reference()).title.close_button)
    until(lambda: is_dead(reference))
    assert viewer.mouse_drag_callbacks == before
    viewer.layers["hints · right"].paint((20, 30), 1)
    viewer.layers.clear()
    assert said() == []


def test_closing_the_viewer_in_the_middle_ends_the_run(
    viewer, colorize, hold, gate, threads_end, said
):
    hold(colorize)
    viewer.close()
    gate.open()
    threads_end()
    assert said() == []


def test_closed_viewer_is_garbage_collected_in_spite_of_its_runs(
    make_napari_viewer, source, target, fill, run, until, is_dead
):
    reference = weakref.ref(make_napari_viewer())
    reference().add_image(source, rgb=True)
    reference().add_image(target)
    widget = reference().window.add_plugin_dock_widget(PLUGIN, "Colorize from example")[1].tab
    fill(widget)
    run(widget)
    del widget
    reference().close()
    until(lambda: is_dead(reference))


def test_two_runs_in_a_row_can_be_distinguished(colorize, run, fill, names, viewer):
    run(colorize)
    first = viewer.layers["final · right"].data.copy()
    fill(colorize, seed=1)
    run(colorize)
    assert names()[2:] == [f"{kind}{number} · right" for number in ("", " 2") for kind in STAGES]
    np.testing.assert_array_equal(viewer.layers["final · right"].data, first)
    assert not np.array_equal(viewer.layers["final 2 · right"].data, first)


def test_second_widget_reports_that_another_run_is_active(
    viewer, colorize, hold, gate, finish, until, fill, run, open_widget, result, names
):
    Session.of(viewer).add_colorizer("trained", result.colorizer)
    apply = open_widget("Apply to more images")
    second = ColorizeTab(viewer)
    viewer.window.add_dock_widget(second, name="second")
    fill(second)
    assert apply.controls.button.isEnabled()
    hold(colorize)
    for other in (second, apply):
        until(lambda other=other: "Another run is under way" in other.controls.sentence.text())
        assert not other.controls.button.isEnabled()
    second.run()
    assert second.controls.state is RunState.IDLE
    gate.open()
    finish(colorize)
    for other in (second, apply):
        until(other.controls.button.isEnabled)
    run(second)
    assert "final 2 · right" in names()


def test_suitable_level_of_a_pyramid_is_used(
    viewer, color_right, source, target, layer_of, tiny, corners
):
    fine_source = np.kron(source, np.ones((2, 2, 1), np.uint8))
    fine_target = np.kron(target, np.ones((2, 2), np.uint8))
    pyramid = viewer.add_image([fine_target, target], multiscale=True, name="right", scale=(2, 2))
    widget = color_right(pyramid, left=[fine_source, source])
    assert layer_of("final").data.shape == (96, 128, 3)
    np.testing.assert_allclose(corners(layer_of("final")), corners(pyramid))
    provenance = layer_of("final").metadata[PLUGIN]
    assert provenance["notes"] == [
        "'left' has several levels: level 1, (48, 64, 3), was used.",
        "'right' has several levels: level 0, (96, 128), was used.",
    ]
    expected = colorize_headless(source, fine_target, tiny())
    np.testing.assert_array_equal(widget.result.final, expected.final)


def test_saved_pictures_open_in_a_new_viewer(saved, layer_of, make_napari_viewer):
    final = layer_of("final").data
    regions = layer_of("regions").data
    other = make_napari_viewer()
    other.open([saved / "final.png", saved / "regions.tif"], plugin="napari")
    np.testing.assert_array_equal(other.layers["final"].data, final)
    assert other.layers["final"].rgb
    np.testing.assert_array_equal(other.layers["regions"].data, regions)


def test_saved_colorizer_opens_in_a_new_viewer(
    colorize, run, click, into, tmp_path, said, make_napari_viewer, monkeypatch, target
):
    run(colorize)
    into(tmp_path / "mine")
    click(colorize.buttons["Save colorizer…"])
    path = tmp_path / "mine.safetensors"
    assert said() == [f"Saved in {path}"]
    assert Colorizer.load(path).settings == colorize.colorizer.settings

    other = make_napari_viewer()
    other.add_image(target, name="right")
    apply = other.window.add_plugin_dock_widget("napari-oneshot-color", "Apply to more images")[
        1
    ].tab
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    click(apply.open_button)
    run(apply)
    np.testing.assert_array_equal(
        other.layers["final · right"].data, as_shown(colorize.result.final)
    )


def test_closing_the_panel_stops_the_computation_of_a_stack(
    viewer, apply, stack, hold_chunk, gate, click, until, into, tmp_path
):
    viewer.add_image(stack, name="cells")
    click(apply.controls.button)
    into(tmp_path / "cells.zarr")
    hold_chunk(apply)
    click(dock_of(apply).title.close_button)
    gate.open()
    until(lambda: Session.of(viewer).running is None)
    assert isinstance(viewer.layers["final · cells"].data, dask.array.Array)


def test_files_opened_in_the_viewer_are_named_and_not_saved_again(
    viewer, open_widget, fill, run, source, target, tmp_path
):
    (tmp_path / "left.png").write_bytes(encode_image(source, ".png"))
    (tmp_path / "right.tif").write_bytes(encode_image(target, ".tif"))
    viewer.open([tmp_path / "left.png", tmp_path / "right.tif"], plugin="napari")
    widget = open_widget("Colorize from example")
    fill(widget)
    run(widget)
    for name in ("left.png", "right.tif"):
        assert str(tmp_path / name) in widget.as_python()
        assert str(tmp_path / name) in widget.as_command()
    folder = widget.save_result(tmp_path)
    assert not (folder / "source.tif").exists()
    assert not (folder / "target.tif").exists()
