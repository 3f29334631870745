"""Checksums are of shape, dtype and pixels, whatever their order in memory."""

import hashlib
import threading

import numpy as np
import pytest
from tiny_stacks import finish

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import checksums
from napari_oneshot_color.files.checksums import ChecksumBeside, checksum, sha256_of_all


def test_checksum_is_sha256_of_shape_dtype_and_pixels():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    wanted = hashlib.sha256(b"(3, 4) |u1 " + bytes(range(12))).hexdigest()
    assert checksum(image) == wanted
    assert checksum(np.asfortranarray(image)) == wanted


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_checksum_does_not_depend_on_the_order_of_bytes(dtype):
    image = np.arange(12).reshape(3, 4)
    assert checksum(image.astype(f">{dtype}")) == checksum(image.astype(f"<{dtype}"))


@pytest.mark.parametrize(
    "other",
    [
        np.arange(12, dtype=np.uint8).reshape(4, 3),
        np.arange(12, dtype=np.uint16).reshape(3, 4),
        np.arange(1, 13, dtype=np.uint8).reshape(3, 4),
    ],
    ids=["shape", "dtype", "pixels"],
)
def test_checksum_depends_on_every_part(other):
    assert checksum(other) != checksum(np.arange(12, dtype=np.uint8).reshape(3, 4))


def test_checksum_in_the_background_is_that_of_the_files(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        path.write_bytes(path.name.encode() * 3_000_000)
    with ChecksumBeside(paths) as beside:
        known = finish(beside.waited(threading.Event()))
    assert known == beside.known == sha256_of_all(paths, threading.Event())
    assert (beside.progress.stage, beside.progress.done) == ("reading", 6_000_000 // 2**20)


def test_checksum_in_the_background_ends_with_its_context(tmp_path, monkeypatch):
    monkeypatch.setattr(checksums, "_PIECE", 1)
    (tmp_path / "a").write_bytes(bytes(10_000_000))
    with ChecksumBeside([tmp_path / "a"]) as beside:
        stop = threading.Event()
        stop.set()
        assert finish(beside.waited(stop)) is None
    assert beside.progress.done < 9
    assert beside.known is None


def test_error_of_a_background_checksum_is_raised_on_request(tmp_path):
    with ChecksumBeside([tmp_path / "nowhere"]) as beside, pytest.raises(BadFileError):
        finish(beside.waited(threading.Event()))
