"""From a pair of layers to coloured ones, by clicking."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog
from shown import STAGES, as_shown

from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.saving import keeping
from napari_oneshot_color.record import NOTE
from napari_oneshot_color.stages import uncertainty

PLUGIN = "napari-oneshot-color"
with_stages = pytest.mark.parametrize("kinds", [STAGES], ids=["stages"])


@with_stages
def test_final_layer_equals_the_result_of_the_core(colorize, run, layer_of, source, target, tiny):
    run(colorize)
    expected = colorize_headless(source, target, tiny())
    np.testing.assert_array_equal(layer_of("regions").data, expected.regions)
    for stage in ("merged", "quickshift", "final"):
        np.testing.assert_array_equal(layer_of(stage).data, as_shown(getattr(expected, stage)))
    np.testing.assert_array_equal(layer_of("tiles").data, as_shown(expected.tiles_in_place))


def test_every_layer_has_its_record_and_a_note_that_color_is_inferred(
    colorize, run, layer_of, fill
):
    fill(colorize, seed=7)
    for box in colorize.layers.values():
        box.value = True
    run(colorize)
    for stage in [*STAGES, "epochs", "L*", "a*", "b*"]:
        provenance = layer_of(stage).metadata[PLUGIN]
        assert provenance["note"] == NOTE
        assert provenance["seed"] == provenance["settings"]["seed"] == 7
        assert provenance["stopped"] is False
        assert provenance["source"]["name"] == "left"
        assert provenance["target"]["name"] == "right"
        assert json.loads(json.dumps(provenance)) == provenance


@pytest.mark.parametrize(
    ("ticked", "expected", "on_top"),
    [
        ({"final"}, ["final"], "final"),
        ({"merged", "regions"}, ["merged", "regions"], "regions"),
        ({"L*a*b*", "final"}, ["L*", "a*", "b*", "final"], "final"),
        (set(), [], None),
    ],
)
def test_ticked_layers_are_added_and_no_others(
    viewer, colorize, run, names, layer_of, ticked, expected, on_top
):
    assert set(colorize.layers) == set(LAYERS)
    for kind, box in colorize.layers.items():
        box.value = kind in ticked
    run(colorize)
    assert names()[2:] == [f"{kind} · right" for kind in expected]
    assert [kind for kind in expected if layer_of(kind).visible] == [on_top] * bool(expected)


def test_lightness_and_color_are_shown_on_their_own_scales(colorize, run, layer_of):
    for kind, box in colorize.layers.items():
        box.value = kind == "L*a*b*"
    run(colorize)
    lab = colorize.result.lab
    for channel, (kind, limits) in enumerate(
        {"L*": [0, 100], "a*": [-100, 100], "b*": [-100, 100]}.items()
    ):
        np.testing.assert_array_equal(layer_of(kind).data, lab[..., channel])
        assert layer_of(kind).contrast_limits == limits
        assert not layer_of(kind).rgb
    assert layer_of("a*").colormap.name == layer_of("b*").colormap.name == "PiYG"


def test_uncertainty_is_shown_on_its_own_scale(viewer, layers, uncertain, layer_of):
    run = Run(viewer.layers, snapshot(layers[1]), {"uncertainty", "final"})
    run.show_result(uncertain)
    layer = layer_of("uncertainty")
    np.testing.assert_array_equal(layer.data, uncertain.uncertainty)
    assert (layer.colormap.name, layer.contrast_limits) == ("magma", [0, 30])
    assert not layer.rgb
    assert not layer.visible


def test_doubtful_result_is_called_doubtful(colorize, run, said, monkeypatch):
    monkeypatch.setattr(uncertainty, "doubt", lambda *_: "Do not trust it. Why, is clear.")
    run(colorize)
    message = colorize.results.message
    assert message.label.text().startswith("Done in 0:")
    assert message.label.text().endswith(" · do not trust it yet")
    assert message.rest.text().startswith("Do not trust it. Why, is clear. ")
    assert said() == []


def test_result_of_a_preset_without_uncertainty_is_described_so(colorize, run):
    run(colorize)
    assert colorize.results.message.label.text().endswith(" · not judged")
    assert "This preset gives no estimate" in colorize.results.message.text()


@with_stages
def test_stopped_run_keeps_what_was_learnt(colorize, hold, gate, finish, click, names, layer_of):
    hold(colorize, step=3)
    click(colorize.controls.button)
    gate.open()
    finish(colorize)
    assert names()[2:] == [f"{stage} · right" for stage in STAGES]
    provenance = layer_of("final").metadata[PLUGIN]
    assert provenance["stopped"] is True
    assert provenance["steps"] == 3
    assert provenance["settings"]["max_steps"] == 3
    assert layer_of("final").data.shape == (48, 64, 3)


@pytest.fixture
def plain(layers, open_widget, fill):
    """The tab as it is before "More" is unfolded."""
    tab = open_widget("Colorize from example")
    fill(tab)
    return tab


def test_sample_is_offered_until_there_is_a_pair(viewer, open_widget, source, target):
    tab = open_widget("Colorize from example")
    assert not tab.start.isHidden()
    viewer.add_image(source, rgb=True, name="left")
    assert not tab.start.isHidden()
    viewer.add_image(target, name="right")
    assert tab.start.isHidden()
    viewer.layers.remove("left")
    assert not tab.start.isHidden()


def test_final_layer_is_the_only_one_unless_others_are_asked_for(plain, run, names, viewer):
    run(plain)
    assert names() == ["left", "right", "final · right"]
    assert viewer.layers["final · right"].visible
    assert viewer.layers.selection.active.name == "final · right"


def test_final_layer_shows_previews_during_training(plain, hold, gate, finish, viewer, until):
    hold(plain, step=3)
    until(lambda: "final · right" in [layer.name for layer in viewer.layers])
    live = viewer.layers["final · right"]
    before = live.data.copy()
    np.testing.assert_allclose(live.extent.world[1], viewer.layers["right"].extent.world[1], atol=1)
    gate.open()
    finish(plain)
    assert viewer.layers["final · right"] == live
    np.testing.assert_array_equal(live.data, as_shown(plain.result.final))
    assert before.shape != live.data.shape or not np.array_equal(before, live.data)


def test_stages_are_added_and_removed_without_a_new_run(plain, run, names, until):
    run(plain)
    result = plain.result
    plain.results.stages.click()
    until(lambda: "b* · right" in names())
    assert names()[-1] == "final · right"
    plain.results.stages.click()
    assert names() == ["left", "right", "final · right"]
    assert plain.result is result


def test_new_run_ends_the_display_of_the_last_one(plain, run, names, until):
    run(plain)
    plain.results.stages.click()
    until(lambda: "b* · right" in names())
    run(plain)
    assert not plain.results.stages.isChecked()
    assert names() == ["left", "right", "final · right", "final 2 · right"]


def test_run_can_be_undone_and_redone(plain, run, click, names, viewer):
    viewer.layers.selection.active = viewer.layers["right"]
    run(plain)
    result, undo = plain.result, plain.buttons["Undo"]
    click(undo)
    assert names() == ["left", "right"]
    assert viewer.layers.selection.active.name == "right"
    assert plain.result is None
    assert undo.text() == "Redo"
    assert plain.results.message.text() == "Undone."
    click(undo)
    assert names() == ["left", "right", "final · right"]
    assert plain.result is result
    assert undo.text() == "Undo"
    np.testing.assert_array_equal(viewer.layers["final · right"].data, as_shown(result.final))


def test_undoing_a_run_that_took_over_layers_restores_the_earlier_one(
    plain, run, click, fill, viewer, names
):
    run(plain)
    first, pixels = plain.result, viewer.layers["final · right"].data.copy()
    plain.update_layers.value = True
    fill(plain, seed=3)
    run(plain)
    assert plain.result is not first
    click(plain.buttons["Undo"])
    assert plain.result is first
    assert names() == ["left", "right", "final · right"]
    np.testing.assert_array_equal(viewer.layers["final · right"].data, pixels)


def test_before_and_after_are_compared(plain, run, click, viewer, qtbot):
    run(plain)
    final = viewer.layers["final · right"]
    assert plain.results.compare_row.isHidden()
    click(plain.buttons["Compare"])
    row = plain.results.compare_row
    assert not row.isHidden()
    row.slider.setValue(30)
    assert final.opacity == pytest.approx(0.3)
    qtbot.mousePress(row.hold, Qt.MouseButton.LeftButton)
    assert final.opacity == 0
    qtbot.mouseRelease(row.hold, Qt.MouseButton.LeftButton)
    assert final.opacity == pytest.approx(0.3)
    click(plain.buttons["Compare"])
    assert final.opacity == 1
    assert row.isHidden()


def test_picture_is_saved_as_chosen_in_the_dialog(plain, run, click, into, tmp_path):
    run(plain)
    for name, ending in (("a.png", ""), ("b.tif", ""), ("c", ".png")):
        into(tmp_path / name)
        click(plain.buttons["Save…"])
        saved = read_image(tmp_path / f"{name}{ending}")
        np.testing.assert_array_equal(saved, as_shown(plain.result.final))


def test_everything_is_saved_in_a_folder_of_the_chosen_name(
    plain, run, click, monkeypatch, tmp_path
):
    run(plain)
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.png"), keeping._EVERYTHING)
    )
    click(plain.buttons["Save…"])
    assert (tmp_path / "mine" / "result.json").is_file()
    assert (tmp_path / "mine" / "final.png").is_file()


def test_times_follow_the_target_and_earlier_runs(plain, run, until, viewer):
    times = plain.preset_choice.times
    until(lambda: times["best"].text() != "")
