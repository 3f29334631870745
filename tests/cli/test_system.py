"""`info --system` says what a report of an error needs, and nothing private."""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from napari_oneshot_color.log import log_path


def test_system_says_versions_devices_plugins_and_where_the_log_is(run):
    code, said, _ = run("info", "--system")
    assert code == 0
    for words in (
        platform.python_version(),
        f"torch {version('torch')}",
        f"napari-oneshot-color {version('napari-oneshot-color')}",
        "CPU, 1 thread",
        "GiB",
        str(log_path()),
    ):
        assert words in said, words
    plugins = next(line for line in said.splitlines() if line.startswith("Viewer plugins"))
    assert "napari-oneshot-color" in plugins


def test_system_names_no_folder_of_the_user_but_the_logs(run, monkeypatch):
    monkeypatch.chdir(Path.home())
    _, said, _ = run("info", "--system")
    assert str(Path.home()) not in said.replace(str(log_path()), "")


def test_system_as_json(run):
    code, said, _ = run("info", "--system", "--json")
    assert code == 0
    assert json.loads(said)["Log file"] == str(log_path())


@pytest.mark.parametrize("words", [[], ["a.safetensors", "--system"]])
def test_info_is_of_one_of_the_two(run, words):
    code, _, err = run("info", *words)
    assert code == 2
    assert "Give either a colorizer file or --system" in " ".join(err.replace("│", " ").split())


def test_what_nobody_foresaw_ends_in_a_sentence_and_in_the_log(run, monkeypatch):
    def broken():
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(sys.modules["napari_oneshot_color.cli.app"], "app", broken)
    code, _, err = run("info")
    assert code == 1
    assert "ZeroDivisionError: by nought" in err
    assert "Traceback" not in err
    assert "by nought" in log_path().read_text(encoding="utf-8")
