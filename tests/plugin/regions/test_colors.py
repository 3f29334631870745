"""Editing regions and their colours; the layers follow without training."""

import numpy as np
import pytest
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog
from shown import as_shown

from napari_oneshot_color import colorize as colorize_headless
from napari_oneshot_color import pipeline
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.steering.recoloring import recolor as recolor_headless
from napari_oneshot_color.training import loop

PLUGIN = "napari-oneshot-color"


def no_training(*args, **options):
    raise AssertionError("recolouring must not train")


@pytest.fixture
def kinds():
    """The layers that show what regions do."""
    return {"regions", "quickshift", "merged", "final"}


@pytest.fixture
def recolor(viewer, finished, open_widget, monkeypatch):
    """The tab "Correct" in a viewer with a finished run."""
    monkeypatch.setattr(loop.AdversarialTraining, "step", no_training)
    monkeypatch.setattr(pipeline, "train_steps", no_training)
    return open_widget("Correct colours")


@pytest.fixture
def regions(recolor, layer_of):
    """The layer of the regions, visible."""
    layer = layer_of("regions")
    layer.visible = True
    return layer


@pytest.fixture
def follows(until, layer_of, result, regions):
    """Wait until the layers show the regions as edited, with some colours changed."""

    def wait(colors=None, excluded=()):
        expected = recolor_headless(result, regions.data, colors, excluded)
        assert not np.array_equal(expected.quickshift, result.quickshift)
        for kind in ("quickshift", "final"):
            image = getattr(expected, kind)
            until(
                lambda kind=kind, image=image: np.array_equal(layer_of(kind).data, as_shown(image))
            )
        return expected

    return wait


@pytest.fixture
def shows_result(until, layer_of, result):
    """Wait until the layers show the result as it was."""

    def wait():
        for kind in ("quickshift", "final"):
            image = getattr(result, kind)
            until(
                lambda kind=kind, image=image: np.array_equal(layer_of(kind).data, as_shown(image))
            )

    return wait


@pytest.fixture
def second_run(viewer, layers, result, kinds):
    """One more finished run, of the same result."""
    run = Run(viewer.layers, snapshot(layers[1]), set(kinds), 2)
    run.show_result(result)
    Session.of(viewer).add(run)
    return run


def pick(regions, y, x):
    regions.selected_label = int(regions.data[y, x])
    return regions.selected_label


def test_painting_changes_the_colors(regions, follows, result, layer_of):
    regions.brush_size = 9
    regions.paint((20, 30), pick(regions, 0, 0))
    follows()
    np.testing.assert_array_equal(layer_of("merged").data, as_shown(result.merged))


def test_filling_merges_two_regions(regions, follows):
    new = pick(regions, 0, 0)
    old = int(regions.data[-1, -1])
    assert old != new
    regions.fill((47, 63), new)
    expected = follows()
    assert old not in expected.region_names


def test_splitting_gives_both_parts_colors_of_their_own(regions, follows, result):
    new = int(regions.data.max()) + 1
    regions.brush_size = 15
    regions.paint((10, 10), new)
    expected = follows()
    assert set(expected.region_names) - set(result.region_names) == {new}


def test_erased_pixels_keep_the_merged_colors(regions, follows, result, layer_of):
    regions.brush_size = 9
    regions.paint((20, 30), 0)
    follows()
    erased = regions.data == 0
    assert erased.any()
    np.testing.assert_array_equal(
        layer_of("quickshift").data[erased], as_shown(result.smoothed[erased])
    )


def test_undone_strokes_are_undone_in_the_colors(regions, follows, shows_result):
    regions.brush_size = 9
    regions.paint((20, 30), pick(regions, 0, 0))
    follows()
    regions.undo()
    shows_result()


def test_replacing_all_regions_changes_the_colors(regions, follows):
    regions.data = regions.data // 2 + 1
    follows()


def test_color_given_by_hand_recolors_its_region(
    recolor, regions, follows, click, monkeypatch, finished, layer_of
):
    label = pick(regions, 20, 30)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor(64, 128, 255))
    click(recolor.regions.give_color)
    np.testing.assert_allclose(
        finished.steering.region_colors[label], (64 / 255, 128 / 255, 1), atol=1e-4
    )
    follows({label: finished.steering.region_colors[label]})
    assert recolor.regions.sentence.text() == f"Region {label}: a colour that you gave it."
    assert "rgb(64, 128, 255)" in recolor.regions.swatch.styleSheet()
    edits = layer_of("final").metadata[PLUGIN]
    assert edits["regions_edited"] is True
    assert list(edits["region_colors"]) == [str(label)]


def test_cancelled_color_dialog_changes_nothing(
    recolor, regions, click, monkeypatch, finished, shows_result
):
    pick(regions, 20, 30)
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor())
    click(recolor.regions.give_color)
    assert finished.steering.region_colors == {}
    shows_result()


def test_excluded_region_keeps_the_merged_colors(
    recolor, regions, follows, click, layer_of, result
):
    label = pick(regions, 20, 30)
    click(recolor.regions.exclude)
    follows(excluded=[label])
    inside = regions.data == label
    np.testing.assert_array_equal(
        layer_of("quickshift").data[inside], as_shown(result.smoothed[inside])
    )
    assert recolor.regions.sentence.text() == f"Region {label}: left out."
    assert layer_of("final").metadata[PLUGIN]["regions_excluded"] == [label]


@pytest.mark.parametrize("edit", ["color", "exclude"])
def test_region_goes_back_to_its_median(recolor, regions, follows, click, shows_result, edit):
    label = pick(regions, 20, 30)
    if edit == "color":
        recolor.regions.set_color((0, 0, 1))
        follows({label: (0, 0, 1)})
    else:
        click(recolor.regions.exclude)
        follows(excluded=[label])
    click(recolor.regions.restore)
    shows_result()
    assert recolor.regions.sentence.text() == f"Region {label}: its own colour."


def test_all_edits_are_undone_at_once(
    recolor, regions, follows, click, shows_result, result, finished, layer_of
):
    label = pick(regions, 20, 30)
    recolor.regions.set_color((0, 0, 1))
    regions.paint((40, 5), label)
    follows({label: (0, 0, 1)})
    click(recolor.start_over)
    shows_result()
    np.testing.assert_array_equal(regions.data, result.regions)
    wanted = finished.steering
    assert (wanted.region_colors, wanted.regions_excluded, wanted.regions) == ({}, (), None)
    assert finished.shown is result
    assert "regions_edited" not in layer_of("final").metadata[PLUGIN]


def test_undoing_brings_back_a_result_made_without_regions(
    viewer, layers, source, target, tiny, open_widget, click, until
):
    result = colorize_headless(source, target, tiny(use_regions=False))
    run = Run(viewer.layers, snapshot(layers[1]), set(LAYERS))
    run.show_result(result)
    Session.of(viewer).add(run)
    recolor = open_widget("Correct colours")
    labels = run.layers.regions
    recolor.image.value = run
    labels.selected_label = int(labels.data[0, 0])
    recolor.regions.set_color((0, 0, 1))
    until(lambda: not np.array_equal(run.layers["final"].data, as_shown(result.final)))
    click(recolor.start_over)
    until(lambda: np.array_equal(run.layers["final"].data, as_shown(result.final)))


def test_result_itself_is_never_changed(recolor, regions, follows, result):
    before = result.regions.copy(), result.quickshift.copy(), result.final.copy()
    regions.fill((0, 0), int(regions.data[-1, -1]))
    follows()
    after = result.regions, result.quickshift, result.final
    for image, old in zip(after, before, strict=True):
        np.testing.assert_array_equal(image, old)


def test_colors_given_by_hand_stay_when_the_region_is_edited(recolor, regions, follows):
    label = pick(regions, 20, 30)
    recolor.regions.set_color((0, 0, 1))
    regions.brush_size = 9
    regions.paint((5, 5), label)
    follows({label: (0, 0, 1)})


def test_region_without_pixels_and_label_zero_are_reported(recolor, regions):
    regions.selected_label = 9999
    assert recolor.regions.sentence.text().startswith("Region 9999 has no pixels.")
    regions.selected_label = 0
    assert recolor.regions.sentence.text() == "Click on a region. Esc cancels."
    assert not recolor.regions.give_color.isEnabled()
    assert not recolor.regions.exclude.isEnabled()


def test_region_is_chosen_by_a_click_and_not_before(recolor, regions, click):
    pick(regions, 20, 30)
    click(recolor.regions.edit)
    assert recolor.regions.selected == 0
    assert recolor.regions.sentence.text() == "Click on a region. Esc cancels."
    assert not recolor.regions.give_color.isEnabled()


def test_without_a_run_the_widget_explains_what_to_do(open_widget):
    widget = open_widget("Correct colours")
    assert "There is nothing to correct yet" in widget.sentence.text()
    assert not widget.regions.edit.isEnabled()
    assert not widget.start_over.isEnabled()


def test_removed_regions_come_back_as_they_were_edited(
    viewer, recolor, regions, follows, click, layer_of
):
    regions.fill((47, 63), pick(regions, 0, 0))
    follows()
    edited = regions.data.copy()
    viewer.layers.remove("regions · right")
    assert recolor.regions.selected == 0
    click(recolor.regions.edit)
    np.testing.assert_array_equal(layer_of("regions").data, edited)


def test_removed_or_renamed_results_do_no_harm(viewer, recolor, regions, until, layer_of):
    viewer.layers.remove("quickshift · right")
    regions.name = "mine"
    assert recolor.regions.edit.isEnabled()
    final = layer_of("final").data
    regions.fill((0, 0), int(regions.data[-1, -1]))
    until(lambda: not np.array_equal(layer_of("final").data, final))


def test_edits_made_before_the_widget_was_opened_are_followed(
    viewer, finished, layer_of, result, open_widget, until
):
    layer_of("regions").fill((0, 0), int(result.regions[-1, -1]))
    open_widget("Correct colours")
    expected = recolor_headless(result, layer_of("regions").data)
    until(lambda: np.array_equal(layer_of("final").data, as_shown(expected.final)))


def test_each_run_keeps_its_own_edits(
    viewer, recolor, regions, finished, second_run, result, until, threads_end
):
    label = pick(regions, 20, 30)
    recolor.regions.set_color((0, 0, 1))
    until(lambda: finished.obeyed.regions is not None)
    edited = finished.layers["final"].data.copy()
    recolor.image.value = second_run
    assert "that you gave it" not in recolor.regions.sentence.text()
    recolor.image.value = finished
    assert recolor.regions.sentence.text() == f"Region {label}: a colour that you gave it."
    regions.refresh()
    threads_end()
    np.testing.assert_array_equal(finished.layers["final"].data, edited)
    np.testing.assert_array_equal(second_run.layers["final"].data, as_shown(result.final))


def test_regions_of_another_size_are_refused_with_a_sentence(recolor, regions, said, until):
    regions.data = np.ones((10, 10), np.int32)
    until(lambda: len(said()) > 0)
    assert "but the result's have (48, 64)" in said()[0]
