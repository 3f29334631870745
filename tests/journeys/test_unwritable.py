"""Unwritable folders are detected before a training; later, the colorizer is saved elsewhere."""

import errno
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from tiny_run import TINY

from napari_oneshot_color import Colorizer, cli
from napari_oneshot_color.colorizer import colorizer
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.files.writing import check_folder, check_writable
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.chroma import ChromaTraining


@pytest.fixture
def pair(tmp_path, source, target):
    """The paths of a source and a target."""
    (tmp_path / "left.png").write_bytes(encode_image(source, ".png"))
    (tmp_path / "right.tif").write_bytes(encode_image(target, ".tif"))
    return [tmp_path / "left.png", tmp_path / "right.tif"]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the program in a folder of its own; return its exit code and last message."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    settings = tmp_path / "tiny.json"
    settings.write_text(json.dumps(TINY))

    def ran(command, *words):
        arguments = ["napari-oneshot-color", command, *words, "--settings", settings]
        monkeypatch.setattr(sys, "argv", [str(word) for word in arguments])
        try:
            code = cli.main()
        except SystemExit as exit:
            code = exit.code
        return code or 0, capsys.readouterr().err.strip().splitlines()[-1]

    return ran


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A folder in which the system allows no new file, and missing folders in it."""
    folder = tmp_path / "locked"
    folder.mkdir()
    open_anew, mkdir = tempfile._io.open, Path.mkdir

    def is_in(place):
        return folder in (Path(place), *Path(place).parents)

    def refuse(place):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(place))

    def opened(file, *args, **options):
        if "opener" in options and is_in(file):
            refuse(file)
        return open_anew(file, *args, **options)

    def made(place, *args, **options):
        if is_in(place.parent) and not place.exists():
            refuse(place)
        return mkdir(place, *args, **options)

    monkeypatch.setattr(tempfile._io, "open", opened)
    monkeypatch.setattr(Path, "mkdir", made)
    return folder


@pytest.fixture
def untrained(monkeypatch):
    """Make the start of a training fail."""

    def begin(*args):
        raise AssertionError("training has begun")

    for kind in (AdversarialTraining, ChromaTraining):
        monkeypatch.setattr(kind, "__init__", begin)


@pytest.mark.parametrize("name", [".", "new", "new/er"])
def test_unwritable_folder_is_detected_by_writing(locked, name):
    with pytest.raises(BadFileError, match=r"Files cannot be written to .*Permission denied"):
        check_folder(locked / name, overwrite=False)


@pytest.mark.parametrize("name", [".", "new/er"])
def test_trying_a_folder_leaves_no_trace(tmp_path, snapshot, name):
    (tmp_path / "file").write_text("mine")
    before = snapshot(tmp_path)
    check_writable(tmp_path / name)
    assert snapshot(tmp_path) == before


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("command", ["colorize", "demo", "train"])
def test_output_folder_is_tried_before_the_training(run, pair, locked, command):
    words = {"colorize": pair, "demo": [], "train": pair[:1]}[command]
    output = locked / "mine.safetensors" if command == "train" else locked
    code, sentence = run(command, *words, "--output", output)
    assert code == 1
    assert "Permission denied" in sentence
    assert list(locked.iterdir()) == []


def kept_in(sentence):
    """The folder that a sentence names at its end."""
    return Path(re.search(r"(?:is|are) in '([^']+)'\.$", sentence).group(1))


def test_result_that_cannot_be_written_is_saved_elsewhere(run, pair, tmp_path, monkeypatch):
    save = Result.save

    def full(result, folder, **options):
        if Path(folder) == tmp_path / "out":
            raise BadFileError("The disk is full.")
        return save(result, folder, **options)

    monkeypatch.setattr(Result, "save", full)
    code, sentence = run("colorize", *pair, "--output", tmp_path / "out")
    assert code == 1
    assert sentence.startswith("Error: The disk is full. The result and the trained colorizer")
    kept = kept_in(sentence)
    assert kept.parent == tmp_path / "here"
    assert (kept / "result" / "final.png").is_file()
    assert Colorizer.load(kept / "colorizer.safetensors").settings.working_size == 48


def test_colorizer_that_cannot_be_written_is_saved_elsewhere(run, pair, tmp_path, monkeypatch):
    write = colorizer.write_atomically

    def full(path, data, **options):
        if path.parent == tmp_path:
            raise BadFileError("The disk is full.")
        write(path, data, **options)

    monkeypatch.setattr(colorizer, "write_atomically", full)
    code, sentence = run("train", pair[0], "--output", tmp_path / "mine.safetensors")
    assert code == 1
    assert Colorizer.load(kept_in(sentence) / "colorizer.safetensors").settings.working_size == 48


def test_last_good_state_that_cannot_be_written_is_saved_elsewhere(
    run, pair, tmp_path, monkeypatch
):
    write, step, done = colorizer.write_atomically, AdversarialTraining.step, []

    def diverge(training):
        done.append(None)
        losses = step(training)
        return losses * float("nan") if len(done) > 4 else losses

    def full(path, data, **options):
        if path.parent == tmp_path / "out":
            raise BadFileError("The disk is full.")
        write(path, data, **options)

    monkeypatch.setattr(AdversarialTraining, "step", diverge)
    monkeypatch.setattr(colorizer, "write_atomically", full)
    code, sentence = run("colorize", *pair, "--output", tmp_path / "out")
    assert code == 1
    assert "Training diverged" in sentence
    assert (kept_in(sentence) / "colorizer.safetensors").is_file()


def test_failure_to_save_anywhere_is_reported(run, pair, tmp_path, monkeypatch):
    def full(*args, **options):
        raise BadFileError("The disk is full.")

    monkeypatch.setattr(colorizer, "write_atomically", full)
    code, sentence = run("train", pair[0], "--output", tmp_path / "mine.safetensors")
    assert code == 1
    assert sentence.endswith("could not be saved anywhere else, either.")
    assert list((tmp_path / "here").iterdir()) == []
