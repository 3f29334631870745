"""The command line: what it writes, what it refuses, and Ctrl-C. From a shell where it matters."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import typer
from command_line import QUICKLY, one_sentence, options
from tiny_run import TINY
from typer.testing import CliRunner

from napari_oneshot_color import Settings, cli
from napari_oneshot_color.cli import colorize as cli_colorize
from napari_oneshot_color.cli.options import settings_from, settings_options
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, all_settings
from napari_oneshot_color.training.adversarial import AdversarialTraining

pytestmark = pytest.mark.usefixtures("no_figures")

PROGRAM = shutil.which("napari-oneshot-color", path=Path(sys.executable).parent)
PATIENCE = 90  # seconds after which a hanging program is ended


def shell(*words, **environment):
    return subprocess.run(
        [PROGRAM, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


# --- from a shell ---------------------------------------------------------------------------


def test_demo_colors_the_motorcycle_and_prints_where_the_results_are(out):
    finished = shell("demo", "-o", out, *QUICKLY)
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr
    assert f"{out / 'contact_sheet.png'}" in finished.stdout
    assert f"{out / 'final.png'}" in finished.stdout
    assert "CPU" in finished.stdout
    final = imagecodecs.png_decode((out / "final.png").read_bytes())
    assert final.shape == (500, 741, 3)
    told = json.loads((out / "result.json").read_text())
    assert told["settings"] == Settings.preset(DEFAULT_PRESET, **TINY).to_dict()
    assert "motorcycle" in told["source"]["name"]


def test_bad_file_from_a_shell_gives_a_one_line_error_and_exit_code_1(images, out):
    (images / "photo.png").write_bytes(b"not a picture")
    finished = shell("colorize", images / "photo.png", images / "scan.png", "-o", out)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "'photo.png' cannot be read" in one_sentence(finished.stderr)
    assert not out.exists()


@pytest.fixture
def begin(images, out):
    """Start a training that would run for hours, and wait until its losses are shown."""
    processes, watchdogs = [], []

    def begun(*words):
        pair = images / "photo.png", images / "scan.png"
        process = subprocess.Popen(
            [PROGRAM, "colorize", *map(str, pair), "-o", str(out), *QUICKLY, *words],
            env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "160"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        processes.append(process)
        watchdogs.append(threading.Timer(PATIENCE, process.kill))
        watchdogs[-1].start()
        wait_for(process, b"epoch 1")
        return process

    yield begun
    for process, watchdog in zip(processes, watchdogs, strict=True):
        watchdog.cancel()
        process.kill()
        process.communicate()


def wait_for(process, words):
    seen = b""
    while words not in seen:
        piece = os.read(process.stderr.fileno(), 65536)
        assert piece, f"the program has ended: {seen[-500:].decode()}"
        seen += piece


def test_first_ctrl_c_ends_the_training_and_keeps_the_result(begin, out):
    process = begin(*options(patches_per_epoch=1_000_000))
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    assert b"final.png" in output
    told = json.loads((out / "result.json").read_text())
    assert told["stopped"] is True
    assert told["settings"]["max_steps"] == told["steps"] > 0
    final = imagecodecs.png_decode((out / "final.png").read_bytes())
    assert final.shape == (48, 64, 3)


def test_second_ctrl_c_quits_and_writes_nothing(begin, images, tmp_path, snapshot):
    before = snapshot(tmp_path)
    endless = options(patches_per_epoch=1_000_000, generated_tiles=1_000_000, tile_batch=1)
    process = begin(*endless)
    process.send_signal(signal.SIGINT)
    wait_for(process, b"Press Ctrl-C again to quit")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert snapshot(tmp_path) == before


# --- what is written ------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_are_printed_with_their_help(preset):
    printed = CliRunner().invoke(cli.app, ["settings", "--preset", preset]).stdout
    assert Settings.from_json(printed) == Settings.preset(preset)
    explained = json.loads(printed)["help"]
    assert explained == {setting.name: setting.full_help for setting in all_settings()}


# --- what is refused ------------------------------------------------------------------------


REFUSED = {
    "missing source": (["nowhere.png", "scan.png"], "There is no file '"),
    "missing target": (["photo.png", "nowhere.png"], "There is no file '"),
    "unknown kind": (["photo.psd", "scan.png"], "'photo.psd' is not an image that can be read."),
    "truncated PNG": (["half.png", "scan.png"], "'half.png' cannot be read: it is damaged"),
    "truncated TIFF": (["photo.png", "half.tif"], "'half.tif' cannot be read: it is damaged"),
    "grey source": (["scan.png", "scan.png"], "The source is grey."),
    "colour target": (["photo.png", "photo.png"], "The target is in colour already."),
    "stack": (["photo.png", "stack.tif"], "Train on one slice, then apply"),
    "truth of another size": (
        ["photo.png", "scan.png", "--truth", "small.png"],
        "The truth must be a colour image of the target's size",
    ),
    "settings file missing": (
        ["photo.png", "scan.png", "--settings", "nowhere.json"],
        "There is no file '",
    ),
    "settings file of another kind": (
        ["photo.png", "scan.png", "--settings", "photo.png"],
        "The settings file '",
    ),
    "settings file without settings": (
        ["photo.png", "scan.png", "--settings", "list.json"],
        "The settings must be a JSON object",
    ),
    "contradiction": (
        ["photo.png", "scan.png", "--resize-min", "2", "--resize-max", "1"],
        "'resize_min' must not exceed 'resize_max'.",
    ),
    "device that is not there": (
        ["photo.png", "scan.png", "--device", "cuda:99"],
        "The device 'cuda:99' is not available on this computer.",
    ),
    "limits upside down": (
        ["photo.png", "scan.png", "--target-limits", "9", "3"],
        "the upper must exceed the lower.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_known_error_is_one_line_and_exit_code_1(
    run, images, out, tmp_path, snapshot, monkeypatch, source, target, name
):
    for file in ("photo.png", "scan.tif"):
        data = (images / file).read_bytes()
        (images / f"half{Path(file).suffix}").write_bytes(data[: len(data) // 2])
    (images / "photo.psd").write_bytes(b"8BPS")
    (images / "list.json").write_text("[1, 2]")
    (images / "small.png").write_bytes(encode_image(source[:40], ".png"))
    tifffile.imwrite(images / "stack.tif", np.stack([target] * 4), photometric="minisblack")
    words, sentence = REFUSED[name]
    before = snapshot(tmp_path)
    monkeypatch.chdir(images)
    code, said, err = run("colorize", *QUICKLY, *words, "-o", out)
    assert code == 1
    assert said == ""
    assert sentence in one_sentence(err)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("command", ["colorize", "demo"])
def test_full_folder_is_refused_before_anything_starts(
    run, images, out, snapshot, monkeypatch, command
):
    def started(*args):
        raise AssertionError("training has started")

    monkeypatch.setattr(AdversarialTraining, "__init__", started)
    out.mkdir()
    (out / "diary.txt").write_text("precious")
    before = snapshot(out)
    pair = [images / "photo.png", images / "scan.png"] if command == "colorize" else []
    code, _, err = run(command, *pair, "-o", out)
    assert code == 1
    assert "is not empty. Choose another one, or allow overwriting." in one_sentence(err)
    assert snapshot(out) == before


def test_file_in_place_of_the_folder_is_refused(run, images, out):
    out.write_text("precious")
    code, _, err = run("colorize", images / "photo.png", images / "scan.png", "-o", out)
    assert code == 1
    assert "is a file, not a folder." in one_sentence(err)
    assert out.read_text() == "precious"


def test_running_out_of_memory_while_reading_is_reported(run, images, out, monkeypatch):
    def fail(path):
        raise MemoryError

    monkeypatch.setattr(cli_colorize, "decode", fail)
    code, _, err = run("colorize", images / "photo.png", images / "scan.png", "-o", out)
    assert code == 1
    assert "There was not enough memory." in one_sentence(err)


@pytest.mark.parametrize(
    "words",
    [
        ["colorize"],
        ["colorize", "photo.png"],
        ["colorize", "photo.png", "scan.png"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--epochs", "0"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--epochs", "many"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--rotation", "181"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--merge-weights", "none"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--preset", "qick"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--sede", "1"],
        ["colorize", "photo.png", "scan.png", "-o", "out", "--target-limits", "1"],
        ["colorize", "a.png", "b.png", "-o", "c", "--preset", "quick", "--settings", "d.json"],
        ["demo", "--epochs", "0"],
        ["settings", "--preset", "qick"],
        ["paint"],
    ],
    ids=" ".join,
)
def test_usage_error_is_exit_code_2(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 2
    assert result.output
    assert list(tmp_path.iterdir()) == []


# --- options --------------------------------------------------------------------------------


probe = typer.Typer()


@probe.command()
@settings_options
def show(**values):
    print(settings_from(values).to_json())  # noqa: T201


def another_value(setting):
    usual = PRESETS[DEFAULT_PRESET].get(setting.name, setting.default)
    if setting.type is bool:
        return not usual
    if setting.choices:
        return next(choice for choice in setting.choices if choice != usual)
    if setting.type is str:
        return "cuda:1"
    return {"tile_size": 192, "working_size": 300, "kernel_size": 7, "ssim_window": 13}.get(
        setting.name, setting.type(setting.minimum)
    )


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_every_setting_has_an_option_that_changes_it_alone(setting):
    value = another_value(setting)
    words = options(**{setting.name: value})
    if setting.name == "resize_max":
        words, value = ["--resize-max", "3"], 3.0
    printed = CliRunner().invoke(probe, words).stdout
    assert Settings.from_json(printed) == Settings.preset(DEFAULT_PRESET, **{setting.name: value})


def test_preset_best_is_the_default():
    printed = CliRunner().invoke(probe, []).stdout
    assert Settings.from_json(printed) == Settings.preset("best")


def test_options_override_a_preset_and_a_settings_file(tmp_path):
    printed = CliRunner().invoke(probe, ["--preset", "paper", "--seed", "7"]).stdout
    assert Settings.from_json(printed) == Settings.preset("paper", seed=7)
    (tmp_path / "mine.json").write_text(printed)
    words = ["--settings", str(tmp_path / "mine.json"), "--epochs", "3"]
    again = CliRunner().invoke(probe, words).stdout
    assert Settings.from_json(again) == Settings.preset("paper", seed=7, epochs=3)


@pytest.mark.parametrize("command", ["colorize", "demo"])
def test_help_explains_every_setting(command):
    text = CliRunner().invoke(cli.app, [command, "--help"], env={"COLUMNS": "200"}).stdout
    for setting in all_settings():
        assert "--" + setting.name.replace("_", "-") in text
    assert "--preset" in text
    assert "--settings" in text
