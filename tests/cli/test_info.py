"""The command info tells what a colorizer was trained on, and trusts no file."""

import json

import pytest
from command_line import last_sentence
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def test_info_shows_the_source_and_the_settings_of_a_colorizer(run, model, trained):
    code, said, _ = run("info", model)
    assert code == 0
    for words in (
        f"mine.safetensors, {model.stat().st_size:,} bytes",
        trained.checksum,
        trained.provenance["source"]["sha256"],
        "left.png, 64 x 48 px",
        "dcgan",
        "Preset         paper",
        "working_size 48",
        "epochs 2",
        "torch",
    ):
        assert words in said
    assert "learning_rate" not in said


def test_info_as_json_contains_everything(run, model, trained):
    code, said, _ = run("info", model, "--json")
    assert code == 0
    told = json.loads(said)
    assert told["settings"] == trained.settings.to_dict()
    assert told["provenance"] == trained.provenance
    assert told["checksum"] == trained.checksum
    assert told["bytes"] == model.stat().st_size
    assert told["preset"] == "paper"
    assert told["changed"]["epochs"] == 2


def test_info_of_another_file_gives_a_clear_error(run, folder):
    code, _, err = run("info", folder / "a.png")
    assert code == 1
    assert "is not a colorizer" in last_sentence(err)


def info_of_one_that_tells(told, run, trained, folder):
    path = folder / "strange.safetensors"
    trained.save(path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata() | {"provenance": json.dumps(told)}
    save_file(load_file(path), path, metadata)
    return run("info", path)


@pytest.mark.parametrize("told", [{"versions": None}, {"source": {"name": "\x1b[2J"}}])
def test_info_trusts_nothing_in_a_file(run, trained, tmp_path, told):
    code, said, _ = info_of_one_that_tells(told, run, trained, tmp_path)
    assert code == 0
    assert "\x1b" not in said


@pytest.mark.parametrize("told", [[], {"notes": "none"}, {"source": 3}])
def test_info_of_a_file_with_an_odd_record_gives_a_clear_error(run, trained, tmp_path, told):
    code, _, err = info_of_one_that_tells(told, run, trained, tmp_path)
    assert code == 1
    assert "do not fit its settings" in last_sentence(err)
