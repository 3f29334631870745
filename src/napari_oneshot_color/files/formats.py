"""Images encoded without loss of depth: PNG, JPEG, TIFF."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.types import AnyArray

__all__ = ["WRITABLE", "as_dtype", "as_float", "encode_image"]

_JPEG_QUALITY = 95
_TIFF = {".tif", ".tiff"}
_JPEG = {".jpg", ".jpeg", ".jpe", ".jfif"}
WRITABLE = {".png", *_JPEG, *_TIFF}
"""Endings of the files that `encode_image` makes, in small letters."""


def as_float(image: AnyArray) -> NDArray[np.float32]:
    """Bring an image of unsigned integers to float32 in [0, 1]: the reverse of `as_dtype`."""
    scaled: NDArray[np.float32] = (image / np.iinfo(image.dtype).max).astype(np.float32)
    return scaled


def as_dtype(image: NDArray[np.float32], dtype: np.dtype[Any]) -> AnyArray:
    """Bring an image in [0, 1] to a dtype: unsigned integers take their full range.

    Parameters
    ----------
    image : ndarray
        float32 in [0, 1].
    dtype : numpy.dtype
        ``uint8`` and ``uint16`` are kept; other integers become ``uint16``; floats ``float32``.
    """
    if dtype.kind == "f":
        return image.astype(np.float32)
    wanted, highest = (np.uint8, 0xFF) if dtype.itemsize == 1 else (np.uint16, 0xFFFF)
    values = image * highest
    return np.rint(values, out=values).astype(wanted)


def encode_image(image: AnyArray, suffix: str) -> bytes:
    """Encode an image for a file of the given kind.

    Parameters
    ----------
    image : ndarray
        ``(H, W)`` or ``(H, W, 3)``, uint8 or uint16; TIFF also takes float32 and int32.
    suffix : str
        ``.png``, ``.jpg``, ``.jpeg``, ``.tif`` or ``.tiff``.

    Raises
    ------
    BadFileError
        If the suffix is another one.
    """
    image = np.ascontiguousarray(image)
    if suffix not in WRITABLE:
        raise BadFileError(f"Images cannot be written as '{suffix}'. Choose .png, .jpg or .tif.")
    if suffix in _TIFF:
        buffer = io.BytesIO()
        photometric = "rgb" if image.ndim == 3 else "minisblack"
        tifffile.imwrite(buffer, image, photometric=photometric, compression="zlib")
        return buffer.getvalue()
    if suffix in _JPEG:
        return bytes(imagecodecs.jpeg8_encode(image, level=_JPEG_QUALITY))
    return bytes(imagecodecs.png_encode(image))
