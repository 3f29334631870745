"""Checksums are of shape, dtype and pixels, whatever their order in memory."""

import hashlib

import numpy as np
import pytest

from napari_oneshot_color.files.checksums import checksum


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
def test_checksum_differs_with_every_part(other):
    assert checksum(other) != checksum(np.arange(12, dtype=np.uint8).reshape(3, 4))
