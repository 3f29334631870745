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
from tiny_run import TINY
from typer.testing import CliRunner

from napari_oneshot_color import Colorizer, Settings, cli
from napari_oneshot_color.cli import colorize as cli_colorize
from napari_oneshot_color.cli.options import settings_from, settings_options
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, all_settings
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.adversarial import AdversarialTraining

PROGRAM = shutil.which("napari-oneshot-color", path=Path(sys.executable).parent)
PATIENCE = 90  # seconds after which a hanging program is ended


def options(**values):
    """Write settings as options of the command line."""
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return words


QUICKLY = options(**TINY)


@pytest.fixture
def images(tmp_path, source, target):
    """A folder with a colour photo and grey scans of many kinds."""
    folder = tmp_path / "images"
    folder.mkdir()
    deep = target.astype(np.uint16) * 257
    files = {
        "photo.png": source,
        "photo.jpg": source,
        "scan.png": target,
        "scan.jpg": target,
        "scan.tif": target,
        "deep.tif": deep,
        "deep.png": deep,
        "float.tif": (target / 255).astype(np.float32),
        "rgba.png": np.dstack([source, target]),
        "grey_alpha.png": np.dstack([target, target]),
    }
    for name, image in files.items():
        suffix = Path(name).suffix
        alpha = image.ndim == 3 and image.shape[2] != 3
        data = imagecodecs.png_encode(image) if alpha else encode_image(image, suffix)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the program in this process: its exit code, and what it says on stdout and stderr."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["napari-oneshot-color", *map(str, words)])
        try:
            code = cli.main()
        except SystemExit as exit:
            code = exit.code
        capture = capsys.readouterr()
        return code or 0, capture.out, capture.err

    return ran


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def shell(*words, **environment):
    return subprocess.run(
        [PROGRAM, *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def one_sentence(err):
    """The only line on stderr."""
    [line] = err.strip().splitlines()
    assert "Traceback" not in err
    assert line.startswith("Error: ")
    assert line.endswith(".")
    return line


# --- from a shell ---------------------------------------------------------------------------


def test_demo_colours_the_motorcycle_and_says_where_to_look(out):
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


def test_bad_file_from_a_shell_is_one_sentence_and_exit_code_1(images, out):
    (images / "photo.png").write_bytes(b"not a picture")
    finished = shell("colorize", images / "photo.png", images / "scan.png", "-o", out)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "'photo.png' cannot be read" in one_sentence(finished.stderr)
    assert not out.exists()


@pytest.fixture
def begin(images, out):
    """Start a training that would go on for hours, and wait until its losses are shown."""
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


def test_colorize_writes_every_stage(run, images, out):
    code, said, _ = run("colorize", images / "photo.png", images / "scan.png", "-o", out, *QUICKLY)
    assert code == 0
    pictures = (
        "tiles merged smoothed regions quickshift uncertainty final contact_sheet losses epochs"
    )
    names = {f"{name}.png" for name in pictures.split()}
    names |= {"regions.tif", "uncertainty.tif", "result.json", "scan_colorized.png"}
    assert {path.name for path in out.iterdir()} == names
    assert "Trained 8 steps" in said
    assert "% of the pixels were clipped" in said
    told = json.loads((out / "result.json").read_text())
    assert (told["source"]["name"], told["target"]["name"]) == ("photo.png", "scan.png")


def test_16_bit_tiff_target_gives_a_16_bit_rgb_tiff(run, images, out):
    code, _, _ = run("colorize", images / "photo.png", images / "deep.tif", "-o", out, *QUICKLY)
    assert code == 0
    with tifffile.TiffFile(out / "deep_colorized.tif") as file:
        page = file.pages[0]
        assert page.photometric.name == "RGB"
        assert page.dtype == np.uint16
        assert page.shape == (48, 64, 3)
        image = page.asarray()
    final = imagecodecs.png_decode((out / "final.png").read_bytes())
    np.testing.assert_allclose(image / 257, final, atol=0.51)


@pytest.mark.parametrize(
    ("scan", "dtype"),
    [
        ("scan.png", np.uint8),
        ("scan.jpg", np.uint8),
        ("scan.tif", np.uint8),
        ("deep.png", np.uint16),
        ("float.tif", np.float32),
    ],
)
def test_final_has_the_format_and_depth_of_the_target(run, images, out, scan, dtype):
    code, _, _ = run("colorize", images / "photo.jpg", images / scan, "-o", out, *QUICKLY)
    assert code == 0
    path = out / f"{Path(scan).stem}_colorized{Path(scan).suffix}"
    data = path.read_bytes()
    image = tifffile.imread(path) if path.suffix == ".tif" else imagecodecs.imread(data)
    assert image.dtype == dtype
    assert image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("photo", "scan", "note"),
    [
        ("rgba.png", "scan.png", "The alpha channel of 'rgba.png' was dropped."),
        (
            "photo.png",
            "grey_alpha.png",
            "'grey_alpha_colorized.png' keeps the alpha channel of 'grey_alpha.png'.",
        ),
    ],
)
def test_what_becomes_of_alpha_is_said(run, images, out, photo, scan, note):
    code, said, _ = run("colorize", images / photo, images / scan, "-o", out, *QUICKLY)
    assert code == 0
    assert note in said.splitlines()
    assert note in json.loads((out / "result.json").read_text())["notes"]


def test_result_of_an_earlier_run_repeats_its_final_byte_for_byte(run, images, out, tmp_path):
    pair = "colorize", images / "photo.png", images / "scan.png"
    run(*pair, "-o", out, *QUICKLY, "--seed", 5, "--merge-weights", "map")
    code, _, _ = run(*pair, "-o", tmp_path / "again", "--settings", out / "result.json")
    assert code == 0
    for name in ("final.png", "merged.png", "losses.png", "scan_colorized.png"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_result_made_with_limits_repeats_itself_too(run, images, out, tmp_path):
    pair = "colorize", images / "photo.png", images / "scan.png"
    run(*pair, "-o", out, *QUICKLY, "--target-limits", 50, 150)
    limits = json.loads((out / "result.json").read_text())["target"]["limits"]
    assert limits == [50, 150]
    code, _, _ = run(
        *pair,
        *("-o", tmp_path / "again", "--settings", out / "result.json"),
        *("--target-limits", *limits),
    )
    assert code == 0
    assert (tmp_path / "again" / "final.png").read_bytes() == (out / "final.png").read_bytes()


def test_settings_that_were_printed_are_taken_back(run, images, out, tmp_path):
    code, printed, _ = run("settings", "--preset", "paper")
    assert code == 0
    assert Settings.from_json(printed) == Settings.preset("paper")
    (tmp_path / "mine.json").write_text(printed)
    code, _, _ = run(
        *("colorize", images / "photo.png", images / "scan.png", "-o", out),
        *("--settings", tmp_path / "mine.json", *QUICKLY),
    )
    assert code == 0
    told = json.loads((out / "result.json").read_text())
    assert told["settings"] == Settings.preset("paper", **TINY).to_dict()


@pytest.mark.parametrize("preset", PRESETS)
def test_settings_are_printed_with_their_help(preset):
    printed = CliRunner().invoke(cli.app, ["settings", "--preset", preset]).stdout
    assert Settings.from_json(printed) == Settings.preset(preset)
    explained = json.loads(printed)["help"]
    assert explained == {setting.name: setting.full_help for setting in all_settings()}


def test_overwriting_replaces_its_own_files_and_keeps_the_others(run, images, out):
    out.mkdir()
    (out / "diary.txt").write_text("precious")
    (out / "final.png").write_bytes(b"old")
    code, _, _ = run(
        *("colorize", images / "photo.png", images / "scan.png", "-o", out, "--overwrite"),
        *QUICKLY,
    )
    assert code == 0
    assert (out / "diary.txt").read_text() == "precious"
    assert (out / "final.png").read_bytes() != b"old"


@pytest.mark.parametrize("truth", ["photo.png", "rgba.png"])
def test_truth_is_shown_beside_the_result(run, images, out, tmp_path, truth):
    pair = "colorize", images / "photo.png", images / "scan.png", *QUICKLY
    run(*pair, "-o", out)
    code, _, _ = run(*pair, "-o", tmp_path / "with", "--truth", images / truth)
    assert code == 0
    sheets = [(folder / "contact_sheet.png").read_bytes() for folder in (out, tmp_path / "with")]
    assert sheets[0] != sheets[1]
    assert (out / "final.png").read_bytes() == (tmp_path / "with" / "final.png").read_bytes()


def test_colour_target_is_taken_if_its_luminance_is_asked_for(run, images, out):
    pair = "colorize", images / "photo.png", images / "photo.jpg"
    code, _, err = run(*pair, "-o", out, *QUICKLY)
    assert code == 1
    assert "'target_luminance'" in one_sentence(err)
    code, said, _ = run(*pair, "-o", out, *QUICKLY, "--target-luminance")
    assert code == 0
    assert "'photo.jpg' is in colour: its luminance was used." in said


def test_diverging_run_keeps_the_last_good_colorizer(run, images, out, monkeypatch):
    real, count = objective.chroma_loss, 0

    def poisoned(*args):
        nonlocal count
        count += 1
        return real(*args) * (float("nan") if count > 5 else 1)

    monkeypatch.setattr(objective, "chroma_loss", poisoned)
    code, _, err = run("colorize", images / "photo.png", images / "scan.png", "-o", out, *QUICKLY)
    assert code == 1
    assert "diverged" in err
    assert "Traceback" not in err
    assert f"It is in '{out / 'last_good.safetensors'}'." in err
    assert [path.name for path in out.iterdir()] == ["last_good.safetensors"]
    kept = Colorizer.load(out / "last_good.safetensors")
    assert all(p.isfinite().all() for p in kept.generator.parameters())


# --- what is refused ------------------------------------------------------------------------


REFUSED = {
    "missing source": (["nowhere.png", "scan.png"], "There is no file '"),
    "missing target": (["photo.png", "nowhere.png"], "There is no file '"),
    "unknown kind": (["photo.psd", "scan.png"], "'photo.gif' is no image that can be read."),
    "truncated PNG": (["half.png", "scan.png"], "'half.png' cannot be read: it is damaged"),
    "truncated TIFF": (["photo.png", "half.tif"], "'half.tif' cannot be read: it is damaged"),
    "grey source": (["scan.png", "scan.png"], "The source is grayscale."),
    "colour target": (["photo.png", "photo.png"], "The target is in colour already."),
    "stack": (["photo.png", "stack.tif"], "Train on one slice, then apply"),
    "truth of another size": (
        ["photo.png", "scan.png", "--truth", "small.png"],
        "The truth must be a colour image of the target's size",
    ),
    "settings file missing": (
        ["photo.png", "scan.png", "--settings", "nowhere.json"],
        "The settings file '",
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
def test_known_error_is_one_sentence_and_exit_code_1(
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


def test_file_in_the_place_of_the_folder_is_refused(run, images, out):
    out.write_text("precious")
    code, _, err = run("colorize", images / "photo.png", images / "scan.png", "-o", out)
    assert code == 1
    assert "is a file, not a folder." in one_sentence(err)
    assert out.read_text() == "precious"


def test_memory_that_runs_out_while_reading_is_told(run, images, out, monkeypatch):
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
def test_wrong_use_is_exit_code_2(words, tmp_path, monkeypatch):
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


def test_preset_best_is_used_if_nothing_is_said():
    printed = CliRunner().invoke(probe, []).stdout
    assert Settings.from_json(printed) == Settings.preset("best")


def test_options_come_on_top_of_a_preset_and_of_a_file(tmp_path):
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
