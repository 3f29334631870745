"""Every path argument of every command may be any kind of file: one clear error, no blocking."""

import json
import os
import sys

import pytest
import zarr
from command_line import last_sentence
from rights import run_without_rights
from tiny_run import TINY
from tiny_stacks import grey_stack

ARGUMENTS = {
    "SOURCE of colorize": ["colorize", "@", "scan.tif", "-o", "out"],
    "TARGET of colorize": ["colorize", "photo.png", "@", "-o", "out"],
    "output of colorize": ["colorize", "photo.png", "scan.tif", "-o", "@"],
    "truth": ["colorize", "photo.png", "scan.tif", "-o", "out", "--truth", "@"],
    "another source": ["colorize", "photo.png", "scan.tif", "-o", "out", "--also", "@"],
    "hints": ["colorize", "photo.png", "scan.tif", "-o", "out", "--hints", "@"],
    "settings": ["colorize", "photo.png", "scan.tif", "-o", "out", "--settings", "@"],
    "output of demo": ["demo", "-o", "@"],
    "SOURCE of train": ["train", "@", "-o", "a.safetensors"],
    "TARGET of train": ["train", "photo.png", "@", "-o", "a.safetensors"],
    "output of train": ["train", "photo.png", "-o", "@", "--overwrite"],
    "MODEL of apply": ["apply", "@", "scan.tif", "-o", "out"],
    "TARGET of apply": ["apply", "trained.safetensors", "@", "-o", "out"],
    "output of apply": ["apply", "trained.safetensors", "scan.tif", "-o", "@"],
    "MODEL of info": ["info", "@"],
    "RESULT of repeat": ["repeat", "@", "-o", "out"],
}


def words_of(argument, place):
    words = [place if word == "@" else word for word in ARGUMENTS[argument]]
    if words[0] in ("colorize", "demo", "train") and argument != "settings":
        words += ["--settings", "tiny.json"]
    return words


@pytest.fixture
def here(images, trained, monkeypatch):
    """The current folder, with the inputs of the commands."""
    (images / "tiny.json").write_text(json.dumps(TINY))
    trained.save(images / "trained.safetensors")
    monkeypatch.chdir(images)
    return images


@pytest.mark.skipif(sys.platform == "win32", reason="no such places there")
@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize("place", ["n" * 300, f"{'n' * 300}/x", "a pipe.png", "ring", "/dev/null"])
def test_an_impossible_path_gives_a_one_line_error(run, here, argument, place):
    if argument.startswith("output") and place in ("a pipe.png", "/dev/null"):
        pytest.skip("nothing is opened there")
    os.mkfifo(here / "a pipe.png")
    (here / "ring").symlink_to("ring")
    code, _, err = run(*words_of(argument, place))
    assert code == 1
    if argument != "TARGET of apply":  # one of several: named with what is wrong
        last_sentence(err)


def test_locked_folders_give_a_one_line_error(here):
    (here / "locked").mkdir()
    (here / "locked" / "x.png").write_bytes((here / "photo.png").read_bytes())
    places = {"locked/x.png", "locked/new", "locked"}
    commands = {
        f"{argument}: {place}": words_of(argument, place)
        for argument in ARGUMENTS
        for place in places
    }
    said = run_without_rights(
        here,
        f"""
import io, json, sys
from pathlib import Path
from napari_oneshot_color import cli
from napari_oneshot_color.cli import console
Path("locked").chmod(0)
for name, words in {commands!r}.items():
    sys.argv = ["napari-oneshot-color", *words]
    said = io.StringIO()
    console.err.file = console.out.file = said
    try:
        code = cli.main()
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:
        code = repr(error)
    finally:
        print(json.dumps([name, code, said.getvalue()]))
""",
    )
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("[")]
    assert len(lines) == len(commands)
    for name, code, text in lines:
        assert code in (1, 2), (name, code, text)  # typer says itself what may not be read
        if code == 1:
            assert "Permission denied" in text, (name, text)


@pytest.mark.parametrize("output", ["a.zarr/out", "a.zarr/b.zarr", "a.zarr", "link/out"])
def test_output_in_the_input_is_refused(run, here, snapshot, output):
    zarr.create_array(here / "a.zarr", data=grey_stack((2, 48, 64)), chunks=(1, 48, 64))
    (here / "link").symlink_to("a.zarr")
    before = snapshot(here)
    code, _, err = run("apply", "trained.safetensors", "a.zarr", "-o", output, "--overwrite")
    assert code == 1
    assert "lies in the target" in last_sentence(err)
    assert snapshot(here) == before


def test_the_user_allows_large_images(run, here):
    words = ["apply", "trained.safetensors", "scan.png", "-o", "out"]
    code, _, err = run(*words, "--largest-megapixels", "0.002")
    assert code == 1
    assert "allow it with --largest-megapixels" in err
    assert run(*words, "--overwrite", "--largest-megapixels", "0.004")[0] == 0
    assert run(*words, "--overwrite")[0] == 0, "what was asked for holds for one command"


@pytest.mark.parametrize("number", ["nan", "inf", "0", "-1"])
def test_invalid_number_of_megapixels_is_reported(run, here, number):
    code, _, err = run(
        "apply", "trained.safetensors", "scan.png", "-o", "out", "--largest-megapixels", number
    )
    assert code in (1, 2)
    assert "Traceback" not in err
