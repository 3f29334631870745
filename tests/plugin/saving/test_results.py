"""Results go to new folders, and colorizers to the file that the user chose."""

from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color import Colorizer
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.saving.results import save_colorizer, save_result


@pytest.fixture
def inputs(layers):
    left, right = (snapshot(layer) for layer in layers)
    return Inputs((left,), (1.0,), right)


def test_every_save_gets_a_folder_of_its_own(result, inputs, tmp_path):
    (tmp_path / "right colorized 2").write_text("somebody's file")
    folders = [save_result(result, inputs, tmp_path) for _ in range(2)]
    assert [folder.name for folder in folders] == ["right colorized", "right colorized 3"]
    assert (tmp_path / "right colorized 2").read_text() == "somebody's file"


def test_images_without_a_file_are_saved_with_the_result(result, inputs, source, target, tmp_path):
    path = tmp_path / "left.png"
    path.write_bytes(encode_image(source, ".png"))
    [left] = inputs.sources
    named = replace(inputs, sources=(replace(left, path=str(path)),))
    folder = save_result(result, named, tmp_path)
    assert not (folder / "source.tif").exists()
    np.testing.assert_array_equal(read_image(folder / "target.tif"), target)


def test_folder_that_cannot_be_made_is_an_error_with_advice(result, inputs, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFileError, match="is a file, not a folder"):
        save_result(result, inputs, tmp_path / "file")


def test_colorizer_replaces_the_file_confirmed_in_the_dialog(result, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"old")
    assert save_colorizer(result.colorizer, path) == path
    assert Colorizer.load(path).checksum == result.colorizer.checksum


def test_colorizer_gets_its_ending_and_replaces_nothing_unconfirmed(result, tmp_path):
    path = save_colorizer(result.colorizer, tmp_path / "mine.v2")
    assert path.name == "mine.v2.safetensors"
    with pytest.raises(BadFileError):
        save_colorizer(result.colorizer, tmp_path / "mine.v2")
