"""The command train: what it writes, and what it refuses before it starts."""

import pytest
import tifffile
from command_line import QUICKLY, last_sentence
from tiny_run import TINY
from tiny_stacks import grey_stack

from napari_oneshot_color import Colorizer, Settings, train
from napari_oneshot_color.training import objective


def test_train_writes_a_colorizer_that_apply_takes(run, folder, out, tmp_path):
    place = tmp_path / "new" / "mine.safetensors"
    code, said, err = run("train", folder / "photo.png", "-o", place, *QUICKLY)
    assert code == 0, err
    assert f"the colorizer is in {place}" in said
    colorizer = Colorizer.load(place)
    assert colorizer.settings == Settings.preset("best", **TINY)
    assert colorizer.provenance["source"]["name"] == "photo.png"
    assert colorizer.provenance["steps"] == colorizer.settings.steps
    assert run("apply", place, folder / "a.png", "-o", out)[0] == 0
    assert (out / "a_colorized.png").is_file()


def test_train_gives_the_colorizer_that_python_gives(run, folder, source, tmp_path, tiny):
    place = tmp_path / "mine.safetensors"
    run("train", folder / "photo.png", "-o", place, *QUICKLY, "--preset", "paper")
    assert Colorizer.load(place).checksum == train(source, tiny()).checksum


@pytest.mark.parametrize("name", ["a.png", "b.tif", "c.zarr"])
def test_train_accepts_a_suitable_target(run, folder, tmp_path, name):
    place = tmp_path / "mine.safetensors"
    code, _, err = run("train", folder / "photo.png", folder / name, "-o", place, *QUICKLY)
    assert code == 0, err
    assert place.is_file()


REFUSED = {
    "missing source": (["nowhere.png"], "There is no file"),
    "grey source": (["a.png"], "The source is grey."),
    "colour target": (["photo.png", "photo.png"], "in colour already"),
    "small stack": (["photo.png", "small.tif"], "needs at least 32 px"),
    "foreign zarr": (["photo.png", "empty.zarr"], "is not a zarr array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_train_refuses_a_bad_pair_before_it_starts(
    run, folder, tmp_path, snapshot, monkeypatch, name
):
    tifffile.imwrite(folder / "small.tif", grey_stack((3, 20, 20)), photometric="minisblack")
    (folder / "empty.zarr").mkdir()
    words, sentence = REFUSED[name]
    before = snapshot(tmp_path)
    monkeypatch.chdir(folder)
    code, said, err = run("train", *words, "-o", tmp_path / "mine.safetensors", *QUICKLY)
    assert code == 1
    assert said == ""
    assert sentence in last_sentence(err)
    assert snapshot(tmp_path) == before


def test_train_replaces_a_file_only_if_asked_to(run, folder, tmp_path):
    place = tmp_path / "mine.safetensors"
    place.write_bytes(b"precious")
    code, _, err = run("train", folder / "photo.png", "-o", place, *QUICKLY)
    assert code == 1
    assert "exists already" in last_sentence(err)
    assert place.read_bytes() == b"precious"
    code, _, _ = run("train", folder / "photo.png", "-o", place, *QUICKLY, "--overwrite")
    assert code == 0
    assert Colorizer.load(place)


def test_diverging_training_keeps_the_last_good_colorizer(run, folder, tmp_path, monkeypatch):
    real, count = objective.chroma_loss, 0

    def poisoned(*args):
        nonlocal count
        count += 1
        return real(*args) * (float("nan") if count > 5 else 1)

    monkeypatch.setattr(objective, "chroma_loss", poisoned)
    place = tmp_path / "mine.safetensors"
    code, _, err = run("train", folder / "photo.png", "-o", place, *QUICKLY)
    assert code == 1
    assert f"It is in '{tmp_path / 'mine_last_good.safetensors'}'." in last_sentence(err)
    assert not place.exists()
    assert Colorizer.load(tmp_path / "mine_last_good.safetensors")
