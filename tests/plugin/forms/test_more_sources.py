"""Several sources in the form: ticked, weighted, trained on, saved and repeated."""

import shlex
import sys

import numpy as np
import pytest

from napari_oneshot_color import cli
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.plugin.forms.run_controls import RunState
from napari_oneshot_color.result import pictures


def rows(colorize):
    """Read the list: names, ticks and weights, the main source first."""
    rows = colorize.more_sources.rows
    ordered = sorted(rows, key=lambda layer: layer != colorize.source.value)
    return [
        (rows[layer].box.toolTip(), rows[layer].box.isChecked(), rows[layer].weight.value())
        for layer in ordered
    ]


def row_of(colorize, name):
    [row] = [row for row in colorize.more_sources.rows.values() if row.box.toolTip() == name]
    return row


@pytest.fixture
def views(viewer, colorize, source):
    """Two more colour layers."""
    return [
        viewer.add_image(source[::-1].copy(), rgb=True, name="upside down"),
        viewer.add_image(source[:, ::-1].copy(), rgb=True, name="mirrored"),
    ]


@pytest.fixture
def several(colorize, views, viewer):
    """The form with two further sources ticked, and weights."""
    viewer.layers.selection.clear()
    colorize.more_sources.choose(views)
    row_of(colorize, "left").weight.setValue(2.0)
    return colorize


def test_other_color_layers_are_offered_and_none_is_ticked(colorize, views):
    assert rows(colorize) == [
        ("left", True, 1.0),
        ("upside down", False, 1.0),
        ("mirrored", False, 1.0),
    ]
    assert colorize.sources == [colorize.source.value]
    assert not row_of(colorize, "left").box.isEnabled()


def test_ticks_and_weights_stay_with_their_layers(viewer, several, views, source):
    row_of(several, "mirrored").weight.setValue(3.0)
    views[1].name = "other side"
    viewer.layers.remove("upside down")
    viewer.add_image(source, rgb=True, name="new")
    assert rows(several) == [("left", True, 2.0), ("other side", True, 3.0), ("new", False, 1.0)]
    assert [weight for _, weight in several.more_sources.chosen()] == [2.0, 3.0]


def test_ticked_layer_that_becomes_the_main_source_is_not_offered_twice(several, views):
    several.source.value = views[0]
    assert rows(several) == [
        ("upside down", True, 1.0),
        ("left", False, 2.0),
        ("mirrored", True, 1.0),
    ]
    assert several.sources == views


def test_long_names_are_elided_and_ampersands_are_shown(several, views):
    views[0].name = "a&b " + "x" * 200
    row = row_of(several, views[0].name)
    row.box.resize(120, 20)
    assert row.box.text().startswith("a&&b")
    assert "…" in row.box.text()


def test_weights_are_shown_if_there_are_several_sources(colorize, views):
    def shown():
        rows = colorize.more_sources.rows
        return {layer.name for layer, row in rows.items() if not row.weight.isHidden()}

    assert shown() == set()
    colorize.more_sources.choose(views[1:])
    assert shown() == {"left", "mirrored"}


def test_results_of_runs_are_not_offered(viewer, several, run):
    run(several)
    assert [name for name, *_ in rows(several)] == ["left", "upside down", "mirrored"]


def test_selecting_a_grey_and_several_color_layers_takes_them_all(viewer, colorize, views):
    viewer.layers.selection = {viewer.layers["right"], *views}
    assert colorize.sources == views


def test_form_shows_the_number_of_sources(several, until):
    until(lambda: "learns from 3 sources." in several.controls.sentence.text())


def test_source_that_cannot_be_used_is_named(several, viewer, until):
    grey = np.full((64, 64, 3), 100, np.uint8)
    bad = viewer.add_image(grey, rgb=True, name="no colours")
    several.more_sources.choose([bad])
    until(lambda: several.controls.sentence.text().startswith("'no colours': "))
    assert several.check() is None


def test_run_learns_from_all_sources_and_names_them(several, run):
    run(several)
    told = several.result.provenance["sources"]
    assert [(one["name"], one["weight"]) for one in told] == [
        ("left", 2.0),
        ("upside down", 1.0),
        ("mirrored", 1.0),
    ]
    assert "left + 2 more" in several._session.colorizers
    assert several.controls.state is RunState.IDLE


def test_saved_result_and_copied_texts_repeat_the_run(several, run, tmp_path, monkeypatch, source):
    for name in ("contact_sheet", "epochs_strip", "loss_curves", "regions_picture"):
        monkeypatch.setattr(pictures, name, lambda *_: b"")
    run(several)
    folder = several.save_result(tmp_path)
    np.testing.assert_array_equal(read_image(folder / "source.tif"), source)
    np.testing.assert_array_equal(read_image(folder / "source_2.tif"), source[::-1])
    np.testing.assert_array_equal(read_image(folder / "source_3.tif"), source[:, ::-1])
    final = (folder / "final.png").read_bytes()
    monkeypatch.chdir(folder)
    exec(several.as_python(), {})
    assert (folder / "result" / "final.png").read_bytes() == final
    commands = [shlex.split(several.as_command()), ["", "repeat", str(folder), "-o", "result"]]
    for words in commands:
        (folder / "result" / "final.png").unlink()
        monkeypatch.setattr(sys, "argv", [*words, "--overwrite"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        assert (folder / "result" / "final.png").read_bytes() == final
