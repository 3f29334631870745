"""The command line with hints and fading, and the command that repeats a result."""

import contextlib
import io
import json
import re
import shutil
import sys

import imagecodecs
import numpy as np
import pytest
from tiny_run import TINY

from napari_oneshot_color import cli
from napari_oneshot_color.files.formats import encode_image

pytestmark = pytest.mark.usefixtures("no_figures")

QUICKLY = [
    word for name, value in TINY.items() for word in (f"--{name.replace('_', '-')}", str(value))
]


def program(words):
    """Run the program in this process; return its exit code and output."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["napari-oneshot-color", *map(str, words)])
        try:
            code = cli.main()
        except SystemExit as exit:
            code = exit.code
    return code or 0, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def once(tmp_path_factory, source, target):
    """A folder with two photos, a scan and hints on it, and the result of all of them."""
    folder = tmp_path_factory.mktemp("once")
    labels = np.zeros(target.shape, np.uint8)
    labels[10:20, 10:20] = 1
    files = {
        "a.png": encode_image(source, ".png"),
        "b.png": encode_image(source[:, ::-1], ".png"),
        "scan.png": encode_image(target, ".png"),
        "hints.tif": encode_image(labels, ".tif"),
        "hints.json": b'{"1": [0.9, 0.2, 0.1]}',
        "small.tif": encode_image(labels[1:], ".tif"),
        "small.json": b'{"1": [0.9, 0.2, 0.1]}',
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with contextlib.chdir(folder):
        code, _, err = program([
            *("colorize", "a.png", "scan.png", "-o", "first", *QUICKLY, "--network", "chroma"),
            *("--also", "b.png", "--weight", 2, "--weight", 1, "--hints", "hints.tif"),
            *("--fade", 8),
        ])  # fmt: skip
    assert code == 0, err
    return folder


@pytest.fixture
def images(once, tmp_path, monkeypatch):
    """A copy of that folder, which is the current one."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def colorized(images):
    return images / "first"


def test_result_follows_hints_and_keeps_them(colorized, images):
    told = json.loads((colorized / "result.json").read_text())
    assert told["hints"]["pixels"] == 100
    assert told["faded_above"] == 8
    for name in ("hints.tif", "hints.json"):
        assert (colorized / name).exists()
    final = imagecodecs.png_decode((colorized / "final.png").read_bytes())[12:18, 12:18]
    assert (final[..., 0] > final[..., 2]).all()


def test_result_is_repeated_byte_for_byte(colorized, images):
    code, said, _ = program(["repeat", "first", "-o", "again"])
    assert (code, said.strip().splitlines()[-1]) == (0, "The same, byte for byte.")
    for name in ("final.png", "hints.tif", "uncertainty.tif", "scan_colorized.png"):
        assert (images / "again" / name).read_bytes() == (colorized / name).read_bytes()


def test_result_of_a_missing_device_is_repeated_on_another(colorized, images):
    told = json.loads((colorized / "result.json").read_text())
    told["settings"]["device"] = "cuda:63"
    (colorized / "result.json").write_text(json.dumps(told))
    code, _, err = program(["repeat", "first", "-o", "again"])
    assert code == 1
    assert "'cuda:63' is not available" in err
    assert not (images / "again").exists()
    code, said, _ = program(["repeat", "first", "-o", "again", "--device", "cpu"])
    assert (code, said.strip().splitlines()[-1]) == (0, "The same, byte for byte.")


def test_changed_image_is_refused_and_nothing_is_written(colorized, images, target):
    (images / "scan.png").write_bytes(encode_image(target[::-1], ".png"))
    code, _, said = program(["repeat", "first/result.json", "-o", "again"])
    assert code == 1
    assert "'scan.png' is not the image from which the result was made" in said
    assert not (images / "again").exists()


def test_result_that_differs_is_reported_with_exit_code_1(colorized, images):
    told = json.loads((colorized / "result.json").read_text())
    told["final"]["sha256"] = "0" * 64
    (colorized / "result.json").write_text(json.dumps(told))
    code, said, _ = program(["repeat", "first", "-o", "again"])
    assert code == 1
    assert "The bytes differ" in said
    assert (images / "again" / "final.png").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--hints", "small.tif"), r"hints have shape \(47, 64\)"),
        (("--hints", "none.tif"), "no file 'none.tif'"),
        (("--fade", "8"), "give no uncertainty"),
    ],
)
def test_impossible_hints_and_fading_are_refused_before_training(images, words, sentence):
    pair = "a.png", "scan.png"
    code, _, said = program(["colorize", *pair, "-o", "out", "--preset", "quick", *QUICKLY, *words])
    assert code == 1
    assert re.search(sentence, said)
    assert "Training" not in said
    assert not (images / "out").exists()
