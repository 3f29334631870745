"""A run shows its result, and follows edits, hints and fading without training."""

import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.steering.changes import Steering
from napari_oneshot_color.steering.order import steered


@pytest.fixture
def run(viewer, layers, uncertain, threads_end):
    """A run with its final layer, its quickshift and its regions."""
    made = Run(viewer.layers, snapshot(layers[1]), {"final", "quickshift", "regions"})
    made.show_result(uncertain)
    yield made
    threads_end()


@pytest.fixture
def hints(uncertain):
    labels = np.zeros(uncertain.target.shape, np.uint8)
    labels[10:20, 20:30] = 1
    return Hints(labels, {1: (0.9, 0.2, 0.1)})


@pytest.fixture
def shows(run, uncertain, until):
    """Wait until the layers show what some steering makes of the result."""

    def wait(**wanted):
        expected = steered(uncertain, Steering(**wanted))
        final = run.layers["final"]
        until(lambda: final.metadata["napari-oneshot-color"] == expected.provenance)
        np.testing.assert_array_equal(final.data, as_shown(expected.final))
        np.testing.assert_array_equal(run.layers["quickshift"].data, as_shown(expected.quickshift))
        return expected

    return wait


def test_run_without_wishes_shows_the_result(run, uncertain, shows):
    assert run.title == "right"
    assert run.result is run.shown is run.recolored is uncertain
    assert run.hints_name == "hints · right"
    assert run.shape == uncertain.target.shape
    shows()


def test_all_changes_are_applied_in_a_fixed_order(run, uncertain, hints, shows):
    regions = uncertain.regions // 2 + 1
    colors, excluded = {int(regions[0, 0]): (0, 0, 1)}, (int(regions[-1, -1]),)
    run.set_threshold(12.0)
    run.set_hints(hints)
    run.set_regions(regions, colors, excluded)
    expected = shows(
        regions=regions,
        region_colors=colors,
        regions_excluded=excluded,
        hints=hints,
        threshold=12.0,
    )
    assert run.hints is run.obeyed.hints is hints
    np.testing.assert_array_equal(run.shown.final, expected.final)
    np.testing.assert_array_equal(run.recolored.regions, regions)
    run.set_regions(uncertain.regions, {}, ())
    run.set_hints(None)
    shows(threshold=12.0)
    run.set_threshold(None)
    shows()
    assert run.shown is uncertain


def test_change_is_announced_after_the_layers_show_it(run, hints, until):
    seen = []
    run.changed.connect(lambda: seen.append((run.obeyed.hints, run.layers["final"].data)))
    before = run.layers["final"].data
    run.set_hints(hints)
    assert run.hints is hints
    assert run.obeyed.hints is None
    until(lambda: len(seen) == 1)
    [(obeyed, pixels)] = seen
    assert obeyed is hints
    assert not np.array_equal(pixels, before)


def test_change_that_is_already_applied_is_not_repeated(run, hints, until, threads_end):
    run.set_hints(hints)
    until(lambda: run.obeyed.hints is hints)
    changes = []
    run.changed.connect(lambda: changes.append(run.obeyed))
    run.set_hints(hints)
    run.set_threshold(None)
    threads_end()
    assert changes == []


def test_unedited_regions_are_not_an_edit(run, uncertain):
    run.set_regions(uncertain.regions.copy(), {}, ())
    assert run.steering.regions is None
    run.set_regions(uncertain.regions.copy(), {1: (0, 0, 1)}, ())
    assert run.steering.regions is not None


def test_regions_that_do_not_fit_are_reported_and_do_not_block_other_changes(
    run, hints, shows, said, until
):
    run.set_hints(hints)
    run.set_regions(np.ones((9, 9), np.int32), {}, ())
    until(lambda: len(said()) == 1)
    assert "but the result's have (48, 64)" in said()[0]
    shows(hints=hints)
    assert run.steering.regions is None
    run.set_threshold(12.0)
    shows(hints=hints, threshold=12.0)
    assert len(said()) == 1


def test_ended_run_changes_no_layer(run, hints, uncertain, threads_end, qtbot):
    run.set_hints(hints)
    run.end()
    threads_end()
    qtbot.wait(20)
    np.testing.assert_array_equal(run.layers["final"].data, as_shown(uncertain.final))
    assert run.obeyed.hints is None


def test_later_run_takes_over_layers_and_hints(viewer, layers, run, vivid):
    run.hints_layer = object()
    again = Run(viewer.layers, snapshot(layers[1]), {"final"}, "", run)
    assert again.hints_layer is run.hints_layer
    final = run.layers["final"]
    again.show_result(vivid)
    assert again.layers["final"] is final
    np.testing.assert_array_equal(final.data, as_shown(vivid.final))
    assert run.layers.is_taken_over_by(again.layers)
    assert run.steering.hints is again.steering.hints is None


def test_final_layer_comes_back_in_its_last_state(viewer, run, hints, until):
    run.set_hints(hints)
    until(lambda: run.obeyed.hints is hints)
    viewer.layers.remove("final · right")
    assert run.onto is None
    run.show_final()
    np.testing.assert_array_equal(run.onto.data, as_shown(run.shown.final))
    assert run.onto.visible
    assert not run.layers["quickshift"].visible


def test_run_without_a_result_has_no_uncertainty(viewer, layers, run, vivid):
    assert run.has_uncertainty
    other = Run(viewer.layers, snapshot(layers[1]), set())
    assert not other.has_uncertainty
    other.show_result(vivid)
    assert not other.has_uncertainty
