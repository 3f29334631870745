"""What the viewer saves opens again, and the copied texts repeat the run byte for byte."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_oneshot_color import Colorizer, cli
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.saving import results
from napari_oneshot_color.plugin.saving.panel import ResultsPanel

pytestmark = pytest.mark.usefixtures("no_figures")

FILES = {
    *("tiles.png", "merged.png", "smoothed.png", "quickshift.png", "final.png"),
    *("regions.png", "regions.tif", "contact_sheet.png", "losses.png", "epochs.png"),
    *("result.json", "source.tif", "target.tif"),
}


with_regions = pytest.mark.parametrize("kinds", [{"regions", "final"}], ids=["with regions"])


def test_buttons_wait_for_a_result(colorize, run):
    assert not any(button.isEnabled() for button in colorize.buttons.values())
    run(colorize)
    assert all(button.isEnabled() for button in colorize.buttons.values())


@pytest.mark.parametrize("name", ["Compare", "Correct a colour", "Show the stages"])
def test_what_shows_a_result_brings_its_removed_layer_back(colorize, run, layer_of, viewer, name):
    run(colorize)
    pixels = layer_of("final").data.copy()
    viewer.layers.remove(layer_of("final"))
    {**colorize.buttons, "Show the stages": colorize.results.stages}[name].click()
    np.testing.assert_array_equal(layer_of("final").data, pixels)
    colorize.results.leave()


@pytest.mark.parametrize("kinds", [{"final", "quickshift"}], ids=["two layers"])
@pytest.mark.parametrize("choose", ["Correct a colour", "Compare", "the result"])
def test_result_that_was_brought_back_is_corrected_not_another(
    colorize, run, layer_of, viewer, open_widget, choose
):
    run(colorize)
    first = colorize.results.finished
    viewer.layers.remove(layer_of("final"))
    Session.of(viewer).add(Run(viewer.layers, snapshot(viewer.layers["right"]), set(), 2))
    if choose == "the result":
        colorize.results.choice.changed.emit(first)
    else:
        colorize.buttons[choose].click()
    correct = open_widget("Correct colours")
    correct.take_run(first.run)
    assert correct.image.value is first.run
    colorize.results.leave()


def test_redoing_shows_a_result_whose_layer_had_been_removed(colorize, run, layer_of, viewer):
    run(colorize)
    viewer.layers.remove(layer_of("final"))
    for _ in ("undone", "redone"):
        colorize.buttons["Undo"].click()
    assert layer_of("final").visible


def test_result_is_saved_with_images_that_have_no_file(saved, source, target):
    assert {path.name for path in saved.iterdir()} == FILES
    np.testing.assert_array_equal(read_image(saved / "source.tif"), source)
    np.testing.assert_array_equal(read_image(saved / "target.tif"), target)


def test_second_save_takes_a_new_folder(saved, colorize, click):
    before = (saved / "result.json").read_bytes()
    click(colorize.buttons["Save result…"])
    assert (saved.parent / "right colorized 2" / "final.png").is_file()
    assert (saved / "result.json").read_bytes() == before


@with_regions
def test_saved_result_contains_the_edits(saved, colorize, click, open_widget, layer_of, until):
    recolor = open_widget("Correct colours")
    layer_of("regions").selected_label = int(layer_of("regions").data[0, 0])
    recolor.regions.set_color((0, 0, 1))
    until(lambda: "regions_edited" in colorize.result.provenance)
    click(colorize.buttons["Save result…"])
    final = layer_of("final").data
    edited = saved.parent / "right colorized 2"
    np.testing.assert_array_equal(read_image(edited / "final.png"), final)
    assert not np.array_equal(read_image(saved / "final.png"), final)


def test_folder_that_cannot_be_made_is_reported(colorize, run, click, into, tmp_path, said):
    (tmp_path / "file").write_text("")
    run(colorize)
    into(tmp_path / "file")
    click(colorize.buttons["Save result…"])
    assert "is a file, not a folder" in said()[0]


NAMES = {
    "signs": "a/b: c*",
    "dots": "..",
    "long": "x" * 300,
    "letters": "größe λ",
    "long in bytes": "漢" * 300,
    "nothing": "",
    "control": "a\x00\x1b[31m\r\nb",
    "formula": "$x_{",
    "half a letter": "scan \udcff.tif",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_layer_name_gives_a_valid_folder_name(
    colorize, run, layers, click, into, tmp_path, said, name
):
    layers[1].name = name
    run(colorize)
    into(tmp_path)
    click(colorize.buttons["Save result…"])
    (folder,) = tmp_path.iterdir()
    assert said() == [f"Saved in {folder}"]
    assert (folder / "final.png").is_file()


def test_cancelled_dialogs_save_nothing(colorize, run, click, into, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    run(colorize)
    into("")
    click(colorize.buttons["Save result…"])
    click(colorize.buttons["Save colorizer…"])
    assert said() == []
    assert list(tmp_path.iterdir()) == []


def test_file_confirmed_in_the_dialog_is_replaced(colorize, run, click, into, tmp_path, said):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"old")
    run(colorize)
    into(path)
    click(colorize.buttons["Save colorizer…"])
    assert Colorizer.load(path).settings == colorize.colorizer.settings


def test_copied_texts_repeat_the_run_byte_for_byte(saved, colorize, click, monkeypatch):
    final = (saved / "final.png").read_bytes()
    click(colorize.buttons["Copy as command"])
    name, *arguments = shlex.split(QApplication.clipboard().text())
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    done = subprocess.run(command, cwd=saved, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (saved / "result" / "final.png").read_bytes() == final
    shutil.rmtree(saved / "result")
    click(colorize.buttons["Copy as Python"])
    monkeypatch.chdir(saved)
    exec(QApplication.clipboard().text(), {})
    assert (saved / "result" / "final.png").read_bytes() == final


@pytest.fixture
def hinted(saved, colorize, open_widget, click, layer_of, until, threads_end):
    """The folder of a result that was saved again with hints."""
    widget = open_widget("Correct colours")
    click(widget.add_hints.button)
    layer_of("hints").paint((20, 30), 1)
    widget.colors.add_color((0.2, 0.3, 0.9))
    layer_of("hints").paint((40, 5), 2)
    until(lambda: len(colorize.result.provenance.get("hints", {}).get("colors", ())) == 2)
    click(colorize.buttons["Save result…"])
    yield saved.parent / "right colorized 2"
    threads_end()


def test_hints_are_saved_beside_their_result(hinted, layer_of):
    extra = {"hints.tif", "hints.json"}
    assert {path.name for path in hinted.iterdir()} == FILES | extra
    np.testing.assert_array_equal(read_image(hinted / "hints.tif"), layer_of("hints").data)
    colors = json.loads((hinted / "hints.json").read_text())
    assert colors["2"] == pytest.approx((0.2, 0.3, 0.9), abs=1e-6)


def test_copied_texts_repeat_the_hints_byte_for_byte(
    hinted, saved, colorize, click, said, monkeypatch
):
    click(colorize.buttons["Copy as Python"])
    monkeypatch.chdir(hinted)
    exec(QApplication.clipboard().text(), {})
    final = (hinted / "final.png").read_bytes()
    assert (hinted / "result" / "final.png").read_bytes() == final
    assert final != (saved / "final.png").read_bytes()
    assert "hints.tif or hints.json are in the saved result" in said()[-1]
    (hinted / "result" / "final.png").unlink()
    click(colorize.buttons["Copy as command"])
    words = shlex.split(QApplication.clipboard().text())
    monkeypatch.setattr(sys, "argv", [*words, "--overwrite"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert (hinted / "result" / "final.png").read_bytes() == final


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (lambda t: {"data": t.astype(np.uint16) * 40 + 1000, "contrast_limits": (2e3, 9e3)}, {}),
        (lambda t: {"data": t - np.float32(100.5), "contrast_limits": (-50.25, 100)}, {}),
        (lambda t: {"data": t.astype(np.float64) / 7}, {"flip": False}),
        (lambda t: {"data": t.astype(np.int16) - 100}, {"adversarial_loss": "non-saturating"}),
        (lambda t: {"data": t > 100}, {"learning_rate": 0.000123}),
        (lambda t: {"data": t, "contrast_limits": (30, 180)}, {}),
        (lambda t: {"data": t[None], "contrast_limits": (30, 180)}, {}),
        (lambda t: {"data": np.dstack([t, t]), "rgb": False}, {}),
        (lambda t: {"data": np.dstack([t, t, t + 1]), "rgb": True}, {}),
        (lambda t: {"data": t}, {"seed": 3, "working_size": 32, "use_regions": False}),
        (lambda t: {"data": [np.kron(t, [[1, 1], [1, 1]]), t], "multiscale": True}, {}),
    ],
    ids=[
        *("16 bit", "float32", "float64", "signed", "bool"),
        *("contrast", "one slice", "alpha", "scan", "settings", "pyramid"),
    ],
)
def test_copied_texts_repeat_runs_of_every_kind(
    viewer, colorize, run, fill, target, tmp_path, monkeypatch, no_figures, kind, changes
):
    colorize.target.value = viewer.add_image(**kind(target), name="kind")
    fill(colorize, **changes)
    run(colorize)
    folder = colorize.save_result(tmp_path)
    final = (folder / "final.png").read_bytes()
    monkeypatch.chdir(folder)
    exec(colorize.as_python(), {})
    assert (folder / "result" / "final.png").read_bytes() == final
    words = shlex.split(colorize.as_command())
    monkeypatch.setattr(sys, "argv", [*words, "--overwrite"])
    (folder / "result" / "final.png").unlink()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert (folder / "result" / "final.png").read_bytes() == final


def test_contrast_of_the_source_is_repeated(
    viewer, colorize, run, source, tmp_path, monkeypatch, no_figures
):
    deep = viewer.add_image(source.astype(np.uint16) * 16, rgb=True, name="12 bit")
    deep.contrast_limits = 100, 4000
    colorize.source.value = deep
    run(colorize)
    assert colorize.result.record.source.limits == (100, 4000)
    folder = colorize.save_result(tmp_path)
    final = (folder / "final.png").read_bytes()
    monkeypatch.chdir(folder)
    exec(colorize.as_python(), {})
    assert (folder / "result" / "final.png").read_bytes() == final
    for words in (
        [*shlex.split(colorize.as_command()), "--overwrite"],
        ["napari-oneshot-color", "repeat", ".", "--output", "again"],
    ):
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
        assert (folder / words[-1].replace("--overwrite", "result") / "final.png").read_bytes() == (
            final
        )


def test_stopped_run_is_repeated_by_its_text(
    colorize, hold, gate, click, finish, tmp_path, monkeypatch, no_figures
):
    hold(colorize, step=3)
    click(colorize.controls.button)
    gate.open()
    finish(colorize)
    folder = colorize.save_result(tmp_path)
    monkeypatch.chdir(folder)
    exec(colorize.as_python(), {})
    final = (folder / "final.png").read_bytes()
    assert (folder / "result" / "final.png").read_bytes() == final


@with_regions
def test_copying_reports_the_files_and_that_edits_are_not_repeated(
    colorize, run, click, said, open_widget, layer_of, until
):
    run(colorize)
    click(colorize.buttons["Copy as Python"])
    recolor = open_widget("Correct colours")
    layer_of("regions").selected_label = int(layer_of("regions").data[0, 0])
    recolor.regions.set_color((0, 0, 1))
    until(lambda: "regions_edited" in colorize.result.provenance)
    click(colorize.buttons["Copy as command"])
    where = "Copied. Files named source.tif or target.tif are in the saved result."
    assert said()[0] == where
    assert said()[1].startswith(f"{where} It does not repeat edits of regions; ")


def test_requested_save_finishes_after_the_panel_is_gone(
    viewer, finished, layers, result, gate, until, into, said, tmp_path, monkeypatch
):
    session = Session.of(viewer)
    left, right = (snapshot(layer) for layer in layers)
    session.keep(
        Finished(
            Inputs((left,), (1.0,), right), result.colorizer.settings, result.colorizer, finished
        )
    )
    panel = ResultsPanel(viewer)
    save = results.save_result

    def held(*args):
        gate.pass_through()
        return save(*args)

    monkeypatch.setattr(results, "save_result", held)
    into(tmp_path)
    panel.buttons["Save result…"].click()
    panel.buttons["Save colorizer…"].click()
    until(gate.reached.is_set)
    ended = []  # pytest-qt cannot disconnect from an object that is gone, with PySide
    panel.destroyed.connect(lambda *_: ended.append(True))
    panel.deleteLater()
    until(lambda: bool(ended))
    gate.open()
    until(lambda: not session.saving.is_busy)
    folder, file = tmp_path / "right colorized", tmp_path.with_name(f"{tmp_path.name}.safetensors")
    assert (folder / "final.png").is_file()
    assert file.is_file()
    assert said() == [f"Saved in {folder}", f"Saved in {file}"]
