"""A colorizer colours tiles and can be saved. Damaged files are tested in test_bad_input."""

import dataclasses
import errno
import os

import pytest
import torch

from napari_oneshot_color import Colorizer, train
from napari_oneshot_color.errors import BadFileError


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(seed=3), source_name="left.png")


@pytest.fixture(scope="module")
def tiles():
    return torch.rand(11, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def test_colors_are_in_0_to_1_and_detached_from_the_graph(colorizer, tiles):
    colors = colorizer.color(tiles)
    assert colors.shape == (11, 3, 32, 32)
    assert colors.dtype == torch.float32
    assert colors.min() >= 0
    assert colors.max() <= 1
    assert not colors.requires_grad


def test_grey_and_colors_are_converted_from_and_to_minus_1_to_1(colorizer, tiles):
    with torch.no_grad():
        wanted = (colorizer.generator.eval()(tiles * 2 - 1) + 1) / 2
    torch.testing.assert_close(colorizer.color(tiles), wanted)


def test_color_of_a_tile_does_not_depend_on_the_tiles_beside_it(colorizer, tiles):
    together = colorizer.color(tiles)
    for index in range(len(tiles)):
        alone = colorizer.color(tiles[index : index + 1])
        torch.testing.assert_close(alone[0], together[index], rtol=0, atol=1e-5)


def test_tiles_go_through_the_network_a_batch_at_a_time(source, tiny, tiles):
    colorizer = train(source, tiny(tile_batch=4))
    sizes = []
    colorizer.generator.register_forward_hook(lambda m, inputs, o: sizes.append(len(inputs[0])))
    colorizer.color(tiles)
    assert sizes == [4, 4, 3]


@pytest.mark.parametrize("mode", [True, False])
def test_coloring_changes_neither_mode_nor_averages(colorizer, tiles, mode):
    colorizer.generator.train(mode)
    before = {name: value.clone() for name, value in colorizer.generator.state_dict().items()}
    colorizer.color(tiles)
    after = colorizer.generator.state_dict()
    assert colorizer.generator.training is mode
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_colorizer_from_a_file_colors_the_same_tiles_to_the_same_bytes(
    source, tiny, tiles, tmp_path, precision
):
    colorizer = train(source, tiny(precision=precision))
    colorizer.save(tmp_path / "bike.safetensors")
    loaded = Colorizer.load(tmp_path / "bike.safetensors", device="cpu")
    assert loaded.color(tiles).numpy().tobytes() == colorizer.color(tiles).numpy().tobytes()


def test_colorizer_from_a_file_knows_its_settings_and_provenance(colorizer, tmp_path):
    colorizer.save(tmp_path / "bike.safetensors")
    loaded = Colorizer.load(tmp_path / "bike.safetensors")
    assert loaded.settings == colorizer.settings
    assert loaded.provenance == colorizer.provenance
    assert loaded.provenance["source"]["name"] == "left.png"


def test_colorizer_from_a_larger_computer_does_not_use_its_threads(colorizer, tmp_path):
    settings = colorizer.settings.replace(threads=200)
    dataclasses.replace(colorizer, settings=settings).save(tmp_path / "bike.safetensors")
    loaded = Colorizer.load(tmp_path / "bike.safetensors")
    assert loaded.device.threads < 200


def test_reading_a_colorizer_does_not_change_the_caller_s_threads(colorizer, tmp_path):
    colorizer.save(tmp_path / "bike.safetensors")
    torch.set_num_threads(3)
    assert Colorizer.load(tmp_path / "bike.safetensors").device.threads == 1
    assert torch.get_num_threads() == 3


def test_file_is_not_replaced_unless_allowed(colorizer, tmp_path):
    path = tmp_path / "bike.safetensors"
    path.write_bytes(b"precious")
    with pytest.raises(BadFileError, match="exists already"):
        colorizer.save(path)
    assert path.read_bytes() == b"precious"
    colorizer.save(path, overwrite=True)
    assert Colorizer.load(path).settings == colorizer.settings


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_full_disk_leaves_the_old_file_and_nothing_else(colorizer, tmp_path, monkeypatch, call):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "bike.safetensors"
    path.write_bytes(b"precious")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(BadFileError, match="No space left on device"):
        colorizer.save(path, overwrite=True)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_colorizer_is_saved_only_into_an_existing_folder(colorizer, tmp_path):
    with pytest.raises(BadFileError, match="cannot be written"):
        colorizer.save(tmp_path / "nowhere" / "bike.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_train_reports_its_progress_and_describes_the_source(source, tiny):
    records = []
    colorizer = train(source, tiny(), source_name="left.png", on_progress=records.append)
    assert {record.stage for record in records} == {"training"}
    assert (records[-1].done, records[-1].total) == (8, 8)
    assert colorizer.provenance["source"]["name"] == "left.png"
    assert "target" not in colorizer.provenance


def test_error_of_the_caller_is_not_blamed_on_the_device(source, tiny):
    def broken(progress):
        raise RuntimeError("my own mistake")

    with pytest.raises(RuntimeError, match="my own mistake"):
        train(source, tiny(), on_progress=broken)


"""Settings that the first format did not know, and what a file without them means."""
