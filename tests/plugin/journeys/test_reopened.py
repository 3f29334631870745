"""What a closed panel leaves in the viewer: its runs, and how its form was filled in."""

import json

import numpy as np
import pytest
from docked import dock_of
from qtpy.QtWidgets import QApplication
from shown import STAGES, as_shown

from napari_oneshot_color import Colorizer
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.training.adversarial import AdversarialTraining

pytestmark = pytest.mark.usefixtures("no_figures")

TITLE = "Colorize from example"


@pytest.fixture
def viewer(real_viewer):
    return real_viewer


@pytest.fixture
def open_widget(dock):
    return dock


@pytest.fixture
def reopen(click, open_widget):
    """Close a panel by its button, and open another one."""

    def anew(widget):
        click(dock_of(widget).title.close_button)
        again = open_widget(TITLE)
        assert again is not widget
        return again

    return anew


def listed(box):
    return [box.native.itemText(n) for n in range(box.native.count())]


def test_reopened_panel_saves_and_copies_results_of_the_closed_one(
    colorize, run, reopen, click, into, tmp_path
):
    run(colorize)
    result, text = colorize.result, colorize.as_python()
    widget = reopen(colorize)
    assert widget.result is result
    assert all(button.isEnabled() for button in widget.buttons.values())
    into(tmp_path)
    click(widget.buttons["Save result…"])
    saved = tmp_path / "right colorized"
    np.testing.assert_array_equal(read_image(saved / "final.png"), as_shown(result.final))
    into(tmp_path / "mine")
    click(widget.buttons["Save colorizer…"])
    colorizer = Colorizer.load(tmp_path / "mine.safetensors")
    assert colorizer.checksum == result.colorizer.checksum
    click(widget.buttons["Copy as Python"])
    assert QApplication.clipboard().text() == text


def test_run_that_ends_after_its_panel_was_closed_is_offered(
    viewer, colorize, hold, gate, reopen, until
):
    hold(colorize, step=3)
    widget = reopen(colorize)
    assert widget.result is None
    gate.open()
    until(lambda: widget.result is not None)
    assert widget.result.provenance["steps"] == 3


def test_every_finished_run_is_offered_and_can_be_compared(
    viewer, colorize, run, fill, reopen, click, into, tmp_path
):
    for seed in (0, 1):
        fill(colorize, seed=seed)
        run(colorize)
    widget = reopen(colorize)
    assert [name.partition(" · ")[0] for name in listed(widget.results.choice)] == ["1", "2"]
    assert ", seed 1, " in listed(widget.results.choice)[1]
    assert widget.result.provenance["seed"] == 1
    first, second = (viewer.layers[f"final{end} · right"] for end in ("", " 2"))
    first.visible = True
    widget.results.choice.value = widget.results.choice.choices[0]
    assert (first.visible, second.visible) == (True, False)
    widget.results.choice.value = widget.results.choice.choices[1]
    assert (first.visible, second.visible) == (False, True)
    widget.results.choice.value = widget.results.choice.choices[0]
    assert viewer.layers.selection.active == first
    into(tmp_path)
    click(widget.buttons["Save result…"])
    told = json.loads((tmp_path / "right colorized" / "result.json").read_text())
    assert told["seed"] == 0


@pytest.mark.parametrize("kinds", [STAGES], ids=["stages"])
def test_removed_final_layer_comes_back_for_comparison(viewer, colorize, run, fill):
    run(colorize)
    viewer.layers.remove("final · right")
    result = colorize.result
    run(colorize)
    colorize.results.choice.value = colorize.results.choice.choices[0]
    assert colorize.result is result
    final = viewer.layers["final · right"]
    np.testing.assert_array_equal(final.data, as_shown(colorize.result.final))
    assert final.visible
    assert not viewer.layers["merged · right"].visible


def test_replaced_or_removed_runs_are_no_longer_offered(viewer, colorize, run, layers):
    run(colorize)
    colorize.update_layers.value = True
    run(colorize)
    assert len(listed(colorize.results.choice)) == 1
    for layer in list(viewer.layers)[2:]:
        viewer.layers.remove(layer)
    colorize.update_layers.value = False
    run(colorize)
    [name] = listed(colorize.results.choice)
    assert name.startswith("2 · ")


def test_last_good_state_of_a_failed_run_is_offered(
    colorize, run, reopen, monkeypatch, click, into, tmp_path, said
):
    step, done = AdversarialTraining.step, []

    def diverging(training):
        done.append(None)
        return step(training) * (np.nan if len(done) > 4 else 1)

    monkeypatch.setattr(AdversarialTraining, "step", diverging)
    run(colorize)
    widget = reopen(colorize)
    [name] = listed(widget.results.choice)
    assert name.endswith(", last good state")
    assert not widget.buttons["Save result…"].isEnabled()
    into(tmp_path / "good")
    click(widget.buttons["Save colorizer…"])
    assert Colorizer.load(tmp_path / "good.safetensors").checksum


def test_form_is_restored_as_it_was_left(viewer, colorize, layers, reopen, source, target):
    other = viewer.add_image(target, name="other")
    colorize.target.value = other
    colorize.preset.value = "quick"
    colorize.settings.fields["epochs"].value = 3
    colorize.seed.value = 7
    colorize.device.widget.value = "cpu"
    colorize.layers["smoothed"].value = True
    colorize.update_layers.value = True
    values = colorize.values()
    widget = reopen(colorize)
    assert widget.values() == values
    assert widget.preset.value == "quick"
    assert widget.target.value == other
    assert widget.layers["smoothed"].value
    assert widget.update_layers.value
    assert not widget.settings.is_preset()


def test_form_of_a_new_viewer_has_default_values(colorize, make_napari_viewer_proxy):
    colorize.preset.value = "quick"
    other = make_napari_viewer_proxy()
    widget = other.window.add_plugin_dock_widget("napari-oneshot-color", TITLE)[1].tab
    assert widget.preset.value == "best"
    assert Session.of(other) is not Session.of(colorize._viewer)
