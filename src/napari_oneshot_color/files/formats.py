"""Encodes images as PNG, JPEG or TIFF, at the depth of the target."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.picture import Description, Picture, has_alpha
from napari_oneshot_color.files.pixel_sizes import OME_UNITS
from napari_oneshot_color.types import AnyArray

__all__ = [
    "WRITABLE",
    "as_dtype",
    "as_float",
    "depth_for",
    "encode_image",
    "encode_like",
    "holds_alpha",
]

_JPEG_QUALITY = 95
_TIFF = {".tif", ".tiff"}
_JPEG = {".jpg", ".jpeg", ".jpe", ".jfif"}
WRITABLE = {".png", *_JPEG, *_TIFF}
"""File extensions that `encode_image` accepts, in lower case."""


def as_float(image: AnyArray) -> NDArray[np.float32]:
    """Convert an image of unsigned integers to float32 in [0, 1]; the inverse of `as_dtype`."""
    scaled: NDArray[np.float32] = (image / np.iinfo(image.dtype).max).astype(np.float32)
    return scaled


def as_dtype(image: NDArray[np.float32], dtype: np.dtype[Any]) -> AnyArray:
    """Convert an image in [0, 1] to a dtype; unsigned integers use their full range.

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


def depth_for(dtype: np.dtype[Any], suffix: str) -> np.dtype[Any]:
    """Return the dtype of a coloured file: its target's, as far as the format supports it."""
    if suffix in _JPEG:
        return np.dtype(np.uint8)
    if suffix == ".png" and dtype.kind == "f":
        return np.dtype(np.uint16)
    depth: np.dtype[Any] = as_dtype(np.zeros(0, np.float32), dtype).dtype
    return depth


def encode_like(colored: NDArray[np.float32], like: Picture, suffix: str) -> bytes:
    """Encode a coloured image as its target's file was.

    Parameters
    ----------
    colored : ndarray
        ``(H, W, 3)`` float32 in [0, 1].
    like : Picture
        The target: its depth, its alpha and, in a TIFF, its pixel size and resolution are kept.
    suffix : str
        As in `encode_image`; JPEG drops the alpha.
    """
    target, about = like.pixels, like.about
    depth = depth_for(target.dtype, suffix)
    image = as_dtype(colored, depth)
    if has_alpha(target) and holds_alpha(suffix):
        image = np.dstack([image, as_dtype(_unit(target[..., -1]), depth)])
    return encode_image(image, suffix, about if suffix in _TIFF else None)


def holds_alpha(name: str) -> bool:
    """Return whether the format of a file name or an extension supports transparency."""
    return f".{name.rpartition('.')[2].lower()}" not in _JPEG


def _unit(alpha: AnyArray) -> NDArray[np.float32]:
    return as_float(alpha) if alpha.dtype.kind == "u" else np.clip(alpha.astype(np.float32), 0, 1)


def encode_image(image: AnyArray, suffix: str, about: Description | None = None) -> bytes:
    """Encode an image for a file of the given kind.

    Parameters
    ----------
    image : ndarray
        ``(H, W)``, ``(H, W, 3)`` or, except for JPEG, ``(H, W, 4)`` with alpha; uint8 or uint16;
        for TIFF also float32 and int32.
    suffix : str
        ``.png``, ``.jpg``, ``.jpeg``, ``.tif`` or ``.tiff``.
    about : Description, optional
        The pixel size and resolution to write into a TIFF.

    Raises
    ------
    BadFileError
        If the suffix is not one of these.
    """
    image = np.ascontiguousarray(image)
    if suffix not in WRITABLE:
        raise BadFileError(f"Images cannot be written as '{suffix}'. Choose .png, .jpg or .tif.")
    if suffix in _TIFF:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, image, **_tiff_options(image, about))
        return buffer.getvalue()
    if suffix in _JPEG:
        return bytes(imagecodecs.jpeg8_encode(image, level=_JPEG_QUALITY))
    return bytes(imagecodecs.png_encode(image))


def _tiff_options(image: AnyArray, about: Description | None) -> dict[str, Any]:
    options: dict[str, Any] = {"compression": "zlib", "photometric": "minisblack"}
    if image.ndim == 3:
        options["photometric"] = "rgb"
    if image.ndim == 3 and image.shape[2] == 4:
        options["extrasamples"] = ["unassalpha"]
    if about is not None and about.resolution is not None:
        options |= {"resolution": about.resolution[:2], "resolutionunit": about.resolution[2]}
    if about is not None and about.pixel_size is not None and about.pixel_size[2] in OME_UNITS:
        height, width, unit = about.pixel_size
        unit = OME_UNITS[unit]
        metadata: dict[str, Any] = {"axes": "YXS" if image.ndim == 3 else "YX"}
        metadata |= {"PhysicalSizeX": width, "PhysicalSizeXUnit": unit}
        metadata |= {"PhysicalSizeY": height, "PhysicalSizeYUnit": unit}
        digest = hashlib.sha256(f"{metadata} {checksum(image)}".encode()).digest()
        metadata["UUID"] = str(uuid.UUID(bytes=digest[:16], version=4))  # otherwise random
        options |= {"ome": True, "metadata": metadata}
    return options
