"""The box "update the last run's layers": the same layers, never ones found by name."""

import numpy as np
import pytest
from shown import STAGES, as_shown

PLUGIN = "napari-oneshot-color"


@pytest.fixture
def kinds():
    """The stages that are shown."""
    return STAGES


@pytest.fixture
def once(colorize, run):
    """The widget after a first run, set to update its layers."""
    run(colorize)
    colorize.update_layers.value = True
    return colorize


def test_second_run_refreshes_the_layers_of_the_first(viewer, once, run, fill, names, layer_of):
    before = list(viewer.layers)
    pixels = layer_of("final").data.copy()
    fill(once, seed=1)
    run(once)
    assert list(viewer.layers) == before
    assert not np.array_equal(layer_of("final").data, pixels)
    for layer in before[2:]:
        assert layer.metadata[PLUGIN]["seed"] == 1


def test_refreshed_layers_follow_the_position_of_the_target(
    once, run, layers, fill, layer_of, corners
):
    layers[1].scale, layers[1].translate = (2, 3), (5, 7)
    fill(once, working_size=32)
    run(once)
    for kind in ("tiles", "merged", "regions", "quickshift", "final"):
        np.testing.assert_allclose(corners(layer_of(kind)), corners(layers[1]))


def test_newly_ticked_layers_are_added(once, run, names):
    once.layers["L*a*b*"].value = True
    run(once)
    assert names()[-3:] == ["L* · right", "a* · right", "b* · right"]
    run(once)
    assert len(names()) == 2 + 5 + 3


@pytest.mark.parametrize("removed", ["tiles", "regions", "final"])
def test_layer_removed_by_the_user_does_not_come_back(viewer, once, run, names, removed):
    viewer.layers.remove(f"{removed} · right")
    before = names()
    run(once)
    assert names() == before
    assert once.controls.button.isEnabled()


def test_renamed_layer_is_refreshed_and_a_namesake_is_not(viewer, once, run, fill, layer_of):
    layer_of("final").name = "keep"
    namesake = viewer.add_image(np.zeros((4, 4)), name="final · right")
    pixels = viewer.layers["keep"].data.copy()
    fill(once, seed=1)
    run(once)
    assert namesake.data.shape == (4, 4)
    assert not np.array_equal(viewer.layers["keep"].data, pixels)


def test_uncertainty_of_the_previous_result_is_removed(once, run, viewer, uncertain, names):
    once.results.finished.run.show_result(uncertain)
    once.results.finished.run.show_uncertainty()
    assert names()[-1] == "uncertainty · right"
    run(once)
    assert "uncertainty · right" not in names()


def test_another_target_gets_layers_of_its_own(viewer, once, run, names, target):
    before = {name: viewer.layers[name].data for name in names()}
    once.target.value = viewer.add_image(target[::-1], name="upside down")
    run(once)
    for name, data in before.items():
        assert viewer.layers[name].data is data
    assert names()[-1] == "final · upside down"


def test_live_tiles_are_in_sight_and_keep_the_metadata_of_the_first_run(
    once, hold, gate, finish, talkative, until, layer_of
):
    hold(once)
    until(lambda: layer_of("tiles").visible)
    assert not layer_of("final").visible
    assert layer_of("tiles").metadata[PLUGIN]["target"]["name"] == "right"
    gate.open()
    finish(once)
    assert layer_of("final").visible
    assert not layer_of("tiles").visible


def test_recoloring_follows_the_new_result(viewer, once, run, fill, open_widget, until, layer_of):
    recolor = open_widget("Correct colours")
    fill(once, seed=1, quickshift_max_dist=40.0)
    run(once)
    assert recolor.image.native.count() == 2  # and the grey target by hand alone
    regions = layer_of("regions")
    regions.fill((0, 0), int(regions.data[-1, -1]))
    until(lambda: once.result.provenance.get("regions_edited") is True)
    assert once.result.provenance["seed"] == 1
    np.testing.assert_array_equal(layer_of("final").data, as_shown(once.result.final))


def test_finished_update_is_not_overwritten_by_the_recoloring_of_the_run_before(
    once, run, fill, open_widget, layer_of, qtbot
):
    recolor = open_widget("Correct colours")
    fill(once, seed=1, quickshift_max_dist=40.0)
    run(once)
    final = once.result.final
    with qtbot.waitSignal(recolor.regions._soon.timeout):
        layer_of("regions").events.set_data()  # as redrawing them tells
    np.testing.assert_array_equal(layer_of("final").data, as_shown(final))
