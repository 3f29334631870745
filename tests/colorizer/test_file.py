"""The file of a colorizer: nothing in it can execute, and older formats are read."""

import json
import os
import pickle
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from napari_oneshot_color import Colorizer, train
from napari_oneshot_color.errors import BadColorizerFileError


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(seed=3), source_name="left.png")


@pytest.fixture(scope="module")
def tiles():
    return torch.rand(11, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def test_file_is_safetensors_and_holds_no_pickle(colorizer, tmp_path):
    path = tmp_path / "bike.safetensors"
    colorizer.save(path)
    with safe_open(path, "pt") as file:
        assert set(file.keys()) == set(colorizer.generator.state_dict())
        assert file.metadata()["format"] == "napari-oneshot-color colorizer"
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(path.read_bytes()[8:])


@pytest.mark.parametrize("name", ["pickle", "half a letter \udcff", "\x00\x1b[31m", "漢" * 300, ""])
def test_source_may_have_any_name(colorizer, tmp_path, name):
    image = colorizer.record.source.replace(name=name)
    named = replace(colorizer, record=colorizer.record.replace(source=image))
    named.save(tmp_path / "one.safetensors")
    loaded = Colorizer.load(tmp_path / "one.safetensors").record.source.name
    assert loaded == name.replace("\udcff", "\\udcff")


def test_pickle_in_place_of_a_colorizer_is_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    path = tmp_path / "bike.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(BadColorizerFileError):
        Colorizer.load(path)
    assert not (tmp_path / "sprung").exists()


NEWER = {
    "network": "dcgan",
    "rate_decay": 0,
    "neighbour_weight": 0,
    "correspondence": False,
    "smoothing": "gaussian",
    "cuda_graph": True,
    "source_scale": 0,
}


def test_file_of_the_first_format_gives_the_same_colors(colorizer, tiles, tmp_path):
    path = tmp_path / "old.safetensors"
    colorizer.save(path)
    with safe_open(path, "pt") as file:
        told = file.metadata()
    settings = json.loads(told["settings"])
    for name in NEWER:
        del settings[name]
    told |= {"version": "1", "settings": json.dumps(settings)}
    weights = colorizer.generator.state_dict()
    save_file({name: value.contiguous() for name, value in weights.items()}, path, told)
    old = Colorizer.load(path)
    assert torch.equal(old.color(tiles), colorizer.color(tiles))
    assert {name: getattr(old.settings, name) for name in NEWER} == NEWER
