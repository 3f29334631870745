"""The command rank: candidates sorted, each with a number and words, or a reason."""

import json

import numpy as np
import pytest
from command_line import last_sentence

from napari_oneshot_color.files.formats import encode_image


@pytest.fixture
def candidates(tmp_path, target):
    """A folder with colour images, grey images, and files that are not images."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "candidates"
    folder.mkdir()
    same = np.dstack([target, target // 2 + 40, 255 - target // 2])
    noise = rng.integers(0, 255, (64, 80, 3), np.uint8)
    for name, image in {"noise.png": noise, "same.png": same, "grey.png": target}.items():
        (folder / name).write_bytes(encode_image(np.repeat(np.repeat(image, 2, 0), 2, 1), ".png"))
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_text("no image")
    return folder


@pytest.fixture
def scan(candidates, target):
    path = candidates / "scan.png"
    path.write_bytes(encode_image(np.repeat(np.repeat(target, 2, 0), 2, 1), ".png"))
    return path


def test_candidates_in_a_folder_are_sorted_without_the_target(run, candidates, scan):
    code, said, _ = run("rank", scan, candidates)
    lines = said.splitlines()
    assert code == 0
    assert lines[0].endswith("same.png")
    assert lines[1].endswith("noise.png")
    assert 1 >= float(lines[0].split()[0]) > float(lines[1].split()[0])
    assert "grey.png' was skipped. The source is grey" in lines[2]
    assert lines[3].startswith("The best is 'same.png'. It ")
    assert len(lines) == 4


def test_json_contains_the_same(run, candidates, scan):
    same, noise, notes = (candidates / name for name in ("same.png", "noise.png", "notes.txt"))
    code, said, _ = run("rank", scan, noise, notes, same, same, "--json")
    assert code == 0
    told = json.loads(said)
    assert [one["file"] for one in told] == [str(same), str(noise), str(notes)]
    assert told[0]["score"] > told[1]["score"]
    assert told[0]["words"] == "shows the same thing"
    assert told[2]["score"] is None
    assert "not an image" in told[2]["problem"]


def test_missing_file_and_empty_folder_give_a_clear_error(run, scan, tmp_path):
    code, _, err = run("rank", scan, tmp_path / "nowhere.png")
    assert code == 1
    assert "There is no file" in last_sentence(err)
    (tmp_path / "empty").mkdir()
    code, _, err = run("rank", scan, tmp_path / "empty")
    assert code == 1
    assert "There is no candidate" in last_sentence(err)


def test_no_usable_candidate_is_an_error_with_the_reasons(run, candidates, scan):
    code, said, err = run("rank", scan, candidates / "grey.png")
    assert code == 1
    assert "is grey" in said
    assert "None of the candidates" in last_sentence(err)
