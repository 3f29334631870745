"""The inputs of a run: their title, and the files from which they can be read."""

from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.plugin.layers.inputs import Inputs, input_path
from napari_oneshot_color.plugin.layers.snapshot import snapshot


@pytest.fixture
def inputs(layers):
    """One source and the target, which came from no file."""
    left, right = (snapshot(layer) for layer in layers)
    return Inputs((left,), (1.0,), right)


@pytest.fixture
def many(inputs):
    """Three sources."""
    [first] = inputs.sources
    others = [replace(first, name=name, notes=(f"{name} is odd.",)) for name in ("b", "c")]
    return replace(inputs, sources=(first, *others), weights=(1.0, 2.0, 3.0))


def test_title_names_the_first_source_and_the_target(inputs, many):
    assert inputs.title == "left"
    assert many.title == "left + 2 more"


def test_every_image_has_its_role(inputs, many):
    assert [role for role, _ in inputs.roles()] == ["source", "target"]
    assert [role for role, _ in many.roles()] == ["source", "source_2", "source_3", "target"]
    assert [image.name for _, image in many.roles()] == ["left", "b", "c", "right"]


def test_images_without_a_file_are_named_as_in_a_saved_result(many):
    assert many.paths() == ["source.tif", "source_2.tif", "source_3.tif", "target.tif"]


def test_notes_are_those_of_all_images(many):
    assert many.notes == ["b is odd.", "c is odd."]


@pytest.fixture
def from_file(layers, target, tmp_path):
    """The target as if napari had read it from right.tif."""
    (tmp_path / "right.tif").write_bytes(encode_image(target, ".tif"))
    return replace(snapshot(layers[1]), path=str(tmp_path / "right.tif"))


def test_texts_name_the_file_that_a_layer_came_from(from_file, tmp_path, monkeypatch):
    path = tmp_path / "right.tif"
    assert input_path(from_file, "target") == str(path)
    monkeypatch.chdir(tmp_path)
    assert input_path(replace(from_file, path="right.tif"), "target") == str(path)


@pytest.mark.parametrize("change", ["layer", "dtype", "file", "gone", "other kind"])
def test_file_that_does_not_contain_the_layer_is_not_named(from_file, target, tmp_path, change):
    path = tmp_path / "right.tif"
    if change == "layer":
        from_file = replace(from_file, data=target[::-1])
    elif change == "dtype":
        from_file = replace(from_file, data=target.astype(np.uint16))
    elif change == "file":
        path.write_bytes(encode_image(target[:-1], ".tif"))
    elif change == "gone":
        path.unlink()
    else:
        path.write_bytes(b"8BPS")
    assert input_path(from_file, "target") == "target.tif"
