"""A saved result: every picture, the JSON, and no partial writes."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.result import pictures

STAGES = ("tiles", "merged", "smoothed", "quickshift", "final")
PICTURES = (*STAGES, "regions", "contact_sheet", "losses", "epochs")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


@pytest.fixture(scope="module")
def saved(vivid, tmp_path_factory):
    """The folder of a result; tests must not change it."""
    return vivid.save(tmp_path_factory.mktemp("saved") / "out")


def png(path):
    return imagecodecs.png_decode(Path(path).read_bytes())


def full_disk_at(call, monkeypatch, owner, name):
    """Make the n-th call of a function fail with a full disk."""
    real, count = getattr(owner, name), 0

    def limited(*args):
        nonlocal count
        count += 1
        if count == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args)

    monkeypatch.setattr(owner, name, limited)


def test_all_files_are_there_and_no_others(saved):
    names = {f"{name}.png" for name in PICTURES} | {"regions.tif", "result.json"}
    assert {path.name for path in saved.iterdir()} == names


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_decodes_and_shows_something(saved, name):
    picture = png(saved / f"{name}.png")
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert len(np.unique(picture[..., :3].reshape(-1, 3), axis=0)) > 10


@pytest.mark.parametrize("stage", STAGES)
def test_picture_of_a_stage_holds_its_pixels_rounded_to_bytes(vivid, saved, stage):
    image = vivid.tiles_in_place if stage == "tiles" else getattr(vivid, stage)
    np.testing.assert_array_equal(png(saved / f"{stage}.png"), np.rint(image * 255))


def test_labels_are_kept_as_numbers(vivid, saved):
    labels = tifffile.imread(saved / "regions.tif")
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, vivid.regions)


def test_picture_of_the_regions_shows_their_borders_on_the_target_at_twice_the_size(saved):
    picture = png(saved / "regions.png")
    assert picture.shape[:2] == (96, 128)
    yellow = (picture[..., 0] > 240) & (picture[..., 2] < 20)
    assert 0 < yellow.mean() < 0.5


def test_json_is_the_provenance_with_the_final_image_s_checksum(vivid, saved):
    told = json.loads((saved / "result.json").read_text())
    assert told.pop("final") == {"sha256": checksum(vivid.final)}
    assert told == vivid.provenance


def test_save_returns_the_folder(result, folder):
    assert result.save(folder) == folder


@pytest.mark.parametrize(
    ("name", "dtype", "highest"),
    [
        ("scan_colorized.tif", np.uint16, 65535),
        ("scan_colorized.tif", np.uint8, 255),
        ("scan_colorized.png", np.uint16, 65535),
        ("scan_colorized.png", np.uint8, 255),
    ],
)
def test_final_is_also_written_in_the_targets_format_and_depth(
    result, folder, name, dtype, highest
):
    result.save(folder, name=name, dtype=np.dtype(dtype))
    path = folder / name
    image = tifffile.imread(path) if path.suffix == ".tif" else png(path)
    assert image.dtype == dtype
    np.testing.assert_array_equal(image, np.rint(result.final * np.float32(highest)))


def test_final_of_a_float_target_is_written_as_float(result, folder):
    result.save(folder, name="scan_colorized.tif", dtype=np.dtype(np.float64))
    image = tifffile.imread(folder / "scan_colorized.tif")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, result.final)


def test_final_of_a_jpeg_target_is_written_as_jpeg(result, folder):
    result.save(folder, name="scan_colorized.jpg")
    image = imagecodecs.jpeg_decode((folder / "scan_colorized.jpg").read_bytes())
    assert np.abs(image / 255 - result.final).mean() < 0.03


def test_final_is_written_as_bytes_if_its_format_holds_no_more(result, folder):
    result.save(folder, name="scan_colorized.jpg", dtype=np.dtype(np.uint16))
    image = imagecodecs.jpeg_decode((folder / "scan_colorized.jpg").read_bytes())
    assert image.dtype == np.uint8
    assert np.abs(image / 255 - result.final).mean() < 0.03


def test_contact_sheet_in_a_folder_contains_the_truth(result, tmp_path):
    result.save(tmp_path / "without")
    result.save(tmp_path / "with", truth=result.final)
    without, with_truth = (
        (tmp_path / name / "contact_sheet.png").read_bytes() for name in ("without", "with")
    )
    assert without != with_truth


def test_result_stopped_before_its_first_epoch_can_be_saved(result, folder):
    replace(result, epochs=result.epochs[:0]).save(folder)
    assert (folder / "final.png").exists()
    assert (folder / "contact_sheet.png").exists()


def test_result_of_an_applied_colorizer_can_be_saved(result, folder):
    nothing = replace(
        result,
        source=None,
        epochs=result.epochs[:0],
        losses=type(result.losses).from_table(np.zeros((0, 4), np.float32)),
    )
    nothing.save(folder)
    assert (folder / "contact_sheet.png").exists()


def test_folder_that_is_not_empty_is_refused(result, folder, snapshot):
    folder.mkdir()
    (folder / "diary.txt").write_text("precious")
    before = snapshot(folder)
    with pytest.raises(BadFileError, match="is not empty"):
        result.save(folder)
    assert snapshot(folder) == before


def test_overwriting_replaces_its_own_files_and_keeps_the_others(result, folder):
    folder.mkdir()
    (folder / "diary.txt").write_text("precious")
    (folder / "final.png").write_bytes(b"old")
    result.save(folder, overwrite=True)
    assert (folder / "diary.txt").read_text() == "precious"
    np.testing.assert_array_equal(png(folder / "final.png"), np.rint(result.final * 255))


def test_parents_of_the_folder_are_made(result, folder):
    result.save(folder / "deep" / "down")
    assert (folder / "deep" / "down" / "final.png").exists()


def test_nothing_is_left_beside_the_folder(result, folder):
    result.save(folder)
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize(("owner", "name"), [(Path, "write_bytes"), (os, "replace")])
def test_disk_that_fills_up_midway_leaves_the_folder_as_it_was(
    result, folder, snapshot, monkeypatch, owner, name
):
    folder.mkdir()
    for stage in STAGES:
        (folder / f"{stage}.png").write_bytes(b"old")
    before = snapshot(folder.parent)
    full_disk_at(4, monkeypatch, owner, name)
    with pytest.raises(BadFileError, match=r"No space left on device\. .*free space"):
        result.save(folder, overwrite=True)
    monkeypatch.undo()
    assert snapshot(folder.parent) == before


@pytest.mark.parametrize(("owner", "name"), [(Path, "write_bytes"), (os, "replace")])
def test_disk_that_fills_up_midway_leaves_no_new_folder(
    result, folder, snapshot, monkeypatch, owner, name
):
    full_disk_at(4, monkeypatch, owner, name)
    with pytest.raises(BadFileError, match="No space left on device"):
        result.save(folder)
    monkeypatch.undo()
    assert snapshot(folder.parent) == {}


def test_folder_may_be_a_mount_point(result, folder, monkeypatch):
    folder.mkdir()
    real = os.replace

    def within_a_disk(fresh, place):
        """Move as the system does: not from one disk to another."""
        on_disk = [folder in Path(path).absolute().parents for path in (fresh, place)]
        if on_disk[0] != on_disk[1]:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(fresh, place)

    monkeypatch.setattr(os, "replace", within_a_disk)
    result.save(folder)
    assert (folder / "final.png").exists()


def test_folder_that_cannot_be_made_is_reported(result, folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(BadFileError, match=r"cannot be written to .*: Permission denied\."):
        result.save(folder)


def test_memory_that_runs_out_while_saving_is_reported(result, folder, monkeypatch):
    from napari_oneshot_color.errors import OutOfMemoryError

    def fail(*args):
        raise MemoryError

    monkeypatch.setattr(pictures, "contact_sheet", fail)
    with pytest.raises(OutOfMemoryError, match="not enough memory"):
        result.save(folder)
