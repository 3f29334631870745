"""`info --system` prints what an error report needs, and nothing private."""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from napari_oneshot_color.log import log_path


def test_system_prints_versions_devices_plugins_and_the_path_of_the_log(run):
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


def test_system_prints_no_folder_of_the_user_except_that_of_the_log(run, monkeypatch):
    monkeypatch.chdir(Path.home())
    _, said, _ = run("info", "--system")
    assert str(Path.home()) not in said.replace(str(log_path()), "")


def test_system_as_json(run):
    code, said, _ = run("info", "--system", "--json")
    assert code == 0
    assert json.loads(said)["Log file"] == str(log_path())


@pytest.mark.parametrize("words", [[], ["a.safetensors", "--system"]])
def test_info_needs_either_a_file_or_system(run, words):
    code, _, err = run("info", *words)
    assert code == 2
    assert "Give either a colorizer file or --system" in " ".join(err.replace("│", " ").split())


def test_unexpected_error_is_one_line_with_details_in_the_log(run, monkeypatch):
    def broken():
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(sys.modules["napari_oneshot_color.cli.app"], "app", broken)
    code, _, err = run("info")
    assert code == 1
    assert "ZeroDivisionError: by nought" in err
    assert "Traceback" not in err
    assert "by nought" in log_path().read_text(encoding="utf-8")
