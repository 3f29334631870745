"""From a pair of layers to coloured ones, by clicking."""

import json

import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.record import NOTE
from napari_oneshot_color.stages import uncertainty

PLUGIN = "napari-oneshot-color"
STAGES = ["tiles", "merged", "regions", "quickshift", "final"]


def test_final_layer_is_what_the_core_makes_of_the_pair(
    colorize, run, layer_of, source, target, tiny
):
    run(colorize)
    expected = colorize_headless(source, target, tiny())
    np.testing.assert_array_equal(layer_of("regions").data, expected.regions)
    for stage in ("merged", "quickshift", "final"):
        np.testing.assert_array_equal(layer_of(stage).data, as_shown(getattr(expected, stage)))
    np.testing.assert_array_equal(layer_of("tiles").data, as_shown(expected.tiles_in_place))


def test_every_layer_says_how_it_was_made_and_that_colour_is_inferred(
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


def test_lightness_and_colour_are_shown_on_their_own_scales(colorize, run, layer_of):
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


def test_doubtful_result_is_said_to_be_one(colorize, run, said, monkeypatch):
    monkeypatch.setattr(uncertainty, "doubt", lambda *_: "Do not trust it. Why, is clear.")
    run(colorize)
    message = colorize.results.message
    assert message.label.text().startswith("Done in 0:")
    assert message.label.text().endswith(" · do not trust it yet")
    assert message.rest.text() == "Do not trust it. Why, is clear."
    assert said() == []


def test_result_of_a_preset_that_does_not_judge_says_so(colorize, run):
    run(colorize)
    assert colorize.results.message.label.text().endswith(" · not judged")
    assert "'Best' does" in colorize.results.message.text()


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
