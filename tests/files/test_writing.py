"""Writable folders are detected by writing, before the work; names of any length."""

import errno
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.checksums import sha256_of, sha256_of_all
from napari_oneshot_color.files.formats import encode_image, encode_like
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.files.pixel_sizes import pixel_size
from napari_oneshot_color.files.writing import (
    check_folder,
    check_name,
    check_writable,
    hidden,
    remove_leftovers,
    write_atomically,
    written_whole,
)


def test_check_for_writing_changes_nothing(tmp_path):
    check_writable(tmp_path / "new" / "deep")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "here").mkdir()
    check_writable(tmp_path / "here")
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


def test_a_folder_in_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(BadFileError, match="cannot be written"):
        check_writable(tmp_path / "file" / "folder")


def test_a_full_disk_is_detected_by_writing(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", lambda **options: Full())
    with pytest.raises(BadFileError, match="No space left on device"):
        check_writable(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("letter", ["a", "é", "漢"])
def test_longest_possible_names_are_written_and_longer_ones_refused(tmp_path, letter):
    count = 251 // len(letter.encode())
    path = tmp_path / (letter * count + ".png")
    write_atomically(path, b"image")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"image"]
    with pytest.raises(BadFileError, match="the limit is 255"):
        check_name(path.with_name(letter * (count + 1) + "a.png"))
    with pytest.raises(BadFileError, match="the limit is 255"):
        check_writable(tmp_path / ("a" * 300))


def test_leftovers_with_long_names_are_found(tmp_path):
    path = tmp_path / ("a" * 200 + ".png")
    hidden(path, "0123.partial").write_text("")
    hidden(tmp_path / ("b" * 200), "0123.partial").write_text("")
    remove_leftovers(tmp_path, {path.name})
    assert list(tmp_path.iterdir()) == [hidden(tmp_path / ("b" * 200), "0123.partial")]


def test_files_that_belong_together_have_one_checksum(tmp_path):
    one, other = tmp_path / "a", tmp_path / "b"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    never = threading.Event()
    both = sha256_of_all([one, other], never)
    assert sha256_of_all([one], never) == sha256_of(one, never)
    other.write_bytes(b"3")
    assert sha256_of_all([one, other], never) != both


COLORED = np.random.default_rng(0).random((12, 10, 3), dtype=np.float32)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_alpha_of_the_target_is_kept(tmp_path, suffix, dtype):
    from napari_oneshot_color import read_image

    high = 1 if dtype is np.float32 else np.iinfo(dtype).max
    target = np.zeros((12, 10, 2), dtype)
    target[:6, :, 1] = high
    data = encode_like(COLORED, Picture(target, Description()), suffix)
    (tmp_path / f"a{suffix}").write_bytes(data)
    image = read_image(tmp_path / f"a{suffix}")
    assert image.shape == (12, 10, 4)
    assert (image[2, 2, 3], image[9, 9, 3]) == ((image[..., 3].max()), 0)
    highest = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
    np.testing.assert_allclose(image[..., :3] / highest, COLORED, atol=1 / 255)


def test_jpeg_has_no_alpha(tmp_path):
    target = np.zeros((12, 10, 4), np.uint8)
    data = encode_like(COLORED, Picture(target, Description()), ".jpg")
    (tmp_path / "a.jpg").write_bytes(data)
    from napari_oneshot_color import read_image

    assert read_image(tmp_path / "a.jpg").shape == (12, 10, 3)


@pytest.mark.parametrize("unit", ["µm", "micron", "nm"])
def test_pixel_size_and_resolution_go_into_a_tiff(tmp_path, unit):
    about = Description(pixel_size=(0.5, 0.25, unit), resolution=(300, 200, 2))
    target = Picture(np.zeros((12, 10), np.uint16), about)
    path = tmp_path / "a.tif"
    path.write_bytes(encode_like(COLORED, target, ".tif"))
    assert encode_like(COLORED, target, ".tif") == path.read_bytes()
    assert pixel_size(path) == pytest.approx(0.25 * (1e-9 if unit == "nm" else 1e-6))
    with tifffile.TiffFile(path) as file:
        assert 'PhysicalSizeY="0.5"' in file.ome_metadata
        page = file.pages[0]
        assert page.resolution == (300, 200)
        assert page.resolutionunit == 2
        np.testing.assert_allclose(file.asarray() / 65535, COLORED, atol=1e-4)


def test_a_tiff_without_a_plausible_pixel_size_gets_none(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(encode_image(np.zeros((4, 5), np.uint8), ".tif", Description()))
    assert pixel_size(path) is None
    with tifffile.TiffFile(path) as file:
        assert not file.is_ome


def test_hidden_name_lies_in_the_same_folder(tmp_path):
    assert hidden(Path("x") / "y.tif", "lock") == Path("x") / ".y.tif.lock"


def test_folder_may_be_missing_or_empty(tmp_path):
    check_folder(tmp_path, overwrite=False)
    check_folder(tmp_path / "new" / "deep", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_folder_may_be_full_if_overwriting_is_allowed(tmp_path):
    (tmp_path / "diary.txt").write_text("precious")
    check_folder(tmp_path, overwrite=True)
    with pytest.raises(BadFileError, match="is not empty"):
        check_folder(tmp_path, overwrite=False)


def test_inaccessible_folder_is_reported(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BadFileError, match=r"Permission denied|permissions"):
        check_folder(tmp_path, overwrite=False)


def test_file_is_written_whole(tmp_path):
    write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_file_is_replaced_only_if_allowed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(BadFileError, match="exists already"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"


def test_old_file_stays_until_the_new_one_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen = []
    real = os.replace

    def watched(fresh, place):
        with open(fresh, "rb") as file:
            seen.append((path.read_bytes(), file.read()))
        real(fresh, place)

    monkeypatch.setattr(os, "replace", watched)
    write_atomically(path, b"new", overwrite=True)
    assert seen == [(b"old", b"new")]


def test_only_leftovers_of_a_killed_process_are_removed(tmp_path):
    others = {".a.png", ".a.png.partial", ".b.png.0123.partial", "a.png", "a.png.0123.partial"}
    for name in {".a.png.0123.partial", *others}:
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path, {"a.png"})
    assert {path.name for path in tmp_path.iterdir()} == others


def test_file_is_written_whole_or_not_at_all(tmp_path):
    place = tmp_path / "a.tif"
    place.write_text("earlier")

    def give_up():
        with written_whole(place) as beside:
            beside.write_text("half")
            raise KeyError("given up")

    with pytest.raises(KeyError):
        give_up()
    assert place.read_text() == "earlier"
    with written_whole(place) as beside:
        beside.write_text("later")
        assert place.read_text() == "earlier"
    assert place.read_text() == "later"
    assert list(tmp_path.iterdir()) == [place]
