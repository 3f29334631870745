"""The command line with real-world files, names, terminals and disks."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from command_line import QUICKLY
from PIL import Image
from tiny_run import TINY

from napari_oneshot_color import Colorizer, Settings, read_image
from napari_oneshot_color.cli import running
from napari_oneshot_color.cli.console import printable, tolerant
from napari_oneshot_color.files.pixel_sizes import pixel_size
from napari_oneshot_color.pair.tones import grey_values

pytestmark = pytest.mark.usefixtures("no_figures")

PROGRAM = shutil.which("napari-oneshot-color", path=Path(sys.executable).parent)


@pytest.fixture
def photo(tmp_path, source):
    Image.fromarray(source).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def scan(tmp_path, target):
    Image.fromarray(target).save(tmp_path / "scan.png")
    return tmp_path / "scan.png"


@pytest.fixture
def colorizer(tmp_path, result):
    result.colorizer.save(tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


# --- what is told, kept and taken ----------------------------------------------------------------


def test_limits_of_the_source_are_recorded_and_repeated(run, tmp_path, source, scan):
    dark = source.astype(np.uint16) * 16
    tifffile.imwrite(tmp_path / "dark.tif", dark, photometric="rgb")
    pair = "colorize", tmp_path / "dark.tif", scan
    code, said, _ = run(*pair, "-o", tmp_path / "one", *QUICKLY)
    assert code == 0
    assert "12-bit data in a 16-bit file" in said
    code, said, _ = run(*pair, "-o", tmp_path / "two", *QUICKLY, "--source-limits", 0, 4080)
    assert (code, "12 bits" in said) == (0, False)
    told = json.loads((tmp_path / "two" / "result.json").read_text())
    assert told["source"]["limits"] == [0, 4080]
    run(*pair, "-o", tmp_path / "three", "--settings", tmp_path / "two" / "result.json")
    final = (tmp_path / "two" / "final.png").read_bytes()
    assert (tmp_path / "three" / "final.png").read_bytes() == final
    assert (tmp_path / "one" / "final.png").read_bytes() != final


def test_training_uses_limits_of_the_source(run, tmp_path, source):
    tifffile.imwrite(tmp_path / "dark.tif", source.astype(np.uint16) * 16, photometric="rgb")
    words = "train", tmp_path / "dark.tif", "-o", tmp_path / "a.safetensors", *QUICKLY
    code, _, _ = run(*words, "--source-limits", 0, 4080)
    assert code == 0
    record = Colorizer.load(tmp_path / "a.safetensors", device="cpu").record
    assert record.source.limits == (0, 4080)


def test_conversions_of_the_files_are_reported_and_recorded(run, tmp_path, source, photo, target):
    Image.fromarray(target).save(tmp_path / "scan.jpg", "PNG")
    code, said, _ = run("colorize", photo, tmp_path / "scan.jpg", "-o", tmp_path / "out", *QUICKLY)
    assert code == 0
    note = "'scan.jpg' is a PNG file by its content, and was read as one."
    assert note in said.splitlines()
    assert note in json.loads((tmp_path / "out" / "result.json").read_text())["notes"]
    assert read_image(tmp_path / "out" / "scan_colorized.png").shape == (48, 64, 3)


def test_the_pixel_size_of_a_single_image_is_kept(run, tmp_path, photo, target):
    path = tmp_path / "scan.ome.tif"
    tifffile.imwrite(
        path, target, photometric="minisblack", ome=True,
        metadata={"axes": "YX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5},
    )  # fmt: skip
    code, _, _ = run("colorize", photo, path, "-o", tmp_path / "out", *QUICKLY)
    assert code == 0
    assert pixel_size(tmp_path / "out" / "scan.ome_colorized.tif") == pytest.approx(0.5e-6)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_settings_that_powershell_wrote_read_back(run, tmp_path, photo, scan, encoding):
    _, printed, _ = run("settings", "--preset", "quick")
    file = tmp_path / "settings.json"
    told = json.loads(printed)
    told["settings"] |= TINY
    file.write_bytes(json.dumps(told).encode(encoding))
    code, _, said = run("colorize", photo, scan, "-o", tmp_path / "out", "--settings", file)
    assert code == 0, said
    record = json.loads((tmp_path / "out" / "result.json").read_text())
    assert record["settings"]["network"] == Settings.preset("quick").network
    (tmp_path / "out" / "result.json").write_bytes(json.dumps(record).encode(encoding))
    images = "--source", photo, "--target", scan
    code, said, _ = run("repeat", tmp_path / "out", "-o", tmp_path / "again", *images)
    assert "The same, byte for byte." in said


def test_other_files_of_a_folder_are_counted_and_named(run, tmp_path, colorizer, scan):
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.copy(scan, folder)
    for name in ("a.psd", "b.txt", "c.wav"):
        (folder / name).write_bytes(b"other")
    (folder / "deeper").mkdir()
    code, said, err = run("apply", colorizer, folder, "-o", tmp_path / "out")
    assert code == 0
    assert "1 coloured." in said
    assert "4 of 5 files were skipped: a.psd, b.txt, c.wav, deeper/." in err


def test_toned_prints_are_colored_if_asked_for(run, tmp_path, colorizer, target):
    toned = np.rint(255 * (target[..., None] / 255) ** [0.7, 1.0, 1.5]).astype(np.uint8)
    Image.fromarray(toned).save(tmp_path / "print.png")
    words = "apply", colorizer, tmp_path / "print.png", "-o", tmp_path / "out"
    code, _, err = run(*words)
    assert (code, "sepia" in err) == (1, True)
    code, _, _ = run(*words, "--overwrite", "--target-luminance")
    assert code == 0
    grey = grey_values(read_image(tmp_path / "out" / "print_colorized.png")).astype(int)
    assert np.abs(grey - grey_values(toned)).mean() < 4


# --- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["colorize", "train", "repeat", "apply", "demo"])
def test_an_unwritable_output_is_reported_before_the_work(
    run, tmp_path, photo, scan, colorizer, result, command, monkeypatch
):
    result.save(tmp_path / "result")
    (tmp_path / "file").write_text("precious")
    place = tmp_path / "file" / "out"
    words = {
        "colorize": ["colorize", photo, scan, "-o", place],
        "train": ["train", photo, "-o", place / "a.safetensors"],
        "repeat": ["repeat", tmp_path / "result", "-o", place],
        "apply": ["apply", colorizer, scan, "-o", place],
        "demo": ["demo", "-o", place],
    }[command]
    monkeypatch.setattr(running, "watch", lambda *all: pytest.fail("it began"))
    code, _, err = run(*words)
    assert code == 1
    assert err.count("\n") == 1
    assert "file" in err


def test_a_too_long_output_name_is_reported_before_the_work(run, tmp_path, photo, target):
    scan = tmp_path / ("漢" * 83 + ".png")
    Image.fromarray(target).save(scan)
    code, _, err = run("colorize", photo, scan, "-o", tmp_path / "out", *QUICKLY)
    assert code == 1
    assert "the limit is 255" in err
    assert not (tmp_path / "out").exists()


def test_an_operating_system_error_gives_a_clear_error(run, monkeypatch, photo, scan, tmp_path):
    def refuse(*all, **more):
        raise OSError(31, "Too many links", "table")

    monkeypatch.setattr("napari_oneshot_color.cli.colorize.check_folder", refuse)
    code, _, err = run("colorize", photo, scan, "-o", tmp_path / "out")
    assert code == 1
    assert err == "Error: Too many links: 'table'. Check the file and its permissions.\n"


# --- terminals ------------------------------------------------------------------------------------


def test_names_with_terminal_control_characters_are_escaped(run, tmp_path, photo):
    code, _, err = run("colorize", photo, tmp_path / "a\x1b[2Jb\n.png", "-o", tmp_path / "out")
    assert code == 1
    assert "\x1b" not in err
    assert r"a\x1b[2Jb\n.png" in err
    assert printable("漢 é") == "漢 é"
    assert printable(os.fsdecode(b"\xff")) == r"\udcff"


@pytest.mark.parametrize("page", ["cp437", "ascii"])
def test_a_code_page_without_a_name_s_characters_does_not_end_a_run(
    tmp_path, colorizer, target, page
):
    Image.fromarray(target).save(tmp_path / "漢é.png")
    done = subprocess.run(
        [PROGRAM, "apply", colorizer, tmp_path / "漢é.png", tmp_path / "missing漢.png",
         "-o", tmp_path / "out漢"],
        env=os.environ | {"PYTHONIOENCODING": page}, capture_output=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert rb"missing\u6f22.png" in done.stderr
    assert b"Traceback" not in done.stderr


def test_streams_other_than_terminals_are_left_alone(monkeypatch):
    page = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", page)
    tolerant()
    print("漢", file=sys.stderr, flush=True)  # noqa: T201
    assert page.buffer.getvalue() == b"\\u6f22\n"
