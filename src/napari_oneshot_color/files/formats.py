"""Files written whole or not at all, and images read and written without loss of depth."""

from __future__ import annotations

import contextlib
import io
import os
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.writable import check_writable

__all__ = [
    "READABLE",
    "as_dtype",
    "as_float",
    "check_folder",
    "encode_image",
    "make_folder",
    "only_series",
    "read_image",
    "remove_leftovers",
    "write_atomically",
]

AnyArray = NDArray[Any]

_JPEG_QUALITY = 95
_PARTIAL = ".partial"
_TIFF = {".tif", ".tiff"}
_JPEG = {".jpg", ".jpeg"}
READABLE = {".png", *_JPEG, *_TIFF}
"""Endings of the files that `read_image` reads, in small letters."""


def read_image(path: Path) -> AnyArray:
    """Read a PNG, JPEG or TIFF image with its own dtype.

    Returns
    -------
    ndarray
        ``(H, W)`` or ``(H, W, C)``, and more axes for a TIFF that has them.

    Raises
    ------
    BadFileError
        If the file is missing, of another kind, or damaged.
    """
    path = Path(path)
    if path.is_dir():
        raise BadFileError(f"'{path}' is a folder. Choose an image in it.")
    if not path.is_file():
        raise BadFileError(f"There is no file '{path}'.")
    if path.suffix.lower() not in READABLE:
        raise BadFileError(f"'{path.name}' is not a PNG, JPEG or TIFF file. Convert it to one.")
    try:
        if path.suffix.lower() in _TIFF:
            return _read_tiff(path)
        data = path.read_bytes()
        if path.suffix.lower() == ".png":
            return imagecodecs.png_decode(data)
        if b"\xff\xd9" not in data[-4096:]:  # the end of the image: decoders fill the rest grey
            raise ValueError("truncated")
        image: AnyArray = imagecodecs.jpeg_decode(data)
    except PermissionError as error:
        raise BadFileError(f"'{path}' may not be read. Check its permissions.") from error
    except (BadFileError, MemoryError):
        raise
    except Exception as error:  # the decoders raise many classes, some of their own
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.") from error
    if image.ndim == 3 and image.shape[2] == 4:
        raise BadFileError(f"'{path.name}' holds printing inks (CMYK). Convert it to RGB.")
    return image


def only_series(file: tifffile.TiffFile) -> tifffile.TiffPageSeries:
    """Give the image or stack of a TIFF file; smaller ones beside it, as of a slide, do not count.

    Raises
    ------
    BadFileError
        If there are several of the same size: none of them is left out without a word.
    """
    first = file.series[0]
    alike = sum(one.shape == first.shape for one in file.series)
    if alike > 1:
        raise BadFileError(
            f"'{file.filename}' holds {alike} images or stacks. Save each in a file of its own."
        )
    return first


def _read_tiff(path: Path) -> AnyArray:
    with tifffile.TiffFile(path) as file:
        series = only_series(file)
        image: AnyArray = series.asarray()
        if series.axes == "SYX" and image.shape[0] in (3, 4):  # colours stored one after another
            image = np.moveaxis(image, 0, -1)
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and image.dtype.kind in "bu":
            image = ~image
        if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
            image = _unpacked(image, np.moveaxis(np.asarray(page.colormap), 0, -1))
    return image


def _unpacked(indices: AnyArray, palette: AnyArray) -> AnyArray:
    """Look colours up in a palette of 16 bit; most hold 8 bit, spread out in one of two ways."""
    image: AnyArray = palette[indices]
    for spread in (257, 256):
        if not (palette % spread).any():
            return (image // spread).astype(np.uint8)
    return image


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
    if suffix not in READABLE:
        raise BadFileError(f"Images cannot be written as '{suffix}'. Choose .png, .jpg or .tif.")
    if suffix in _TIFF:
        buffer = io.BytesIO()
        photometric = "rgb" if image.ndim == 3 else "minisblack"
        tifffile.imwrite(buffer, image, photometric=photometric, compression="zlib")
        return buffer.getvalue()
    if suffix in _JPEG:
        return bytes(imagecodecs.jpeg8_encode(image, level=_JPEG_QUALITY))
    return bytes(imagecodecs.png_encode(image))


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Make sure that a result may be written to a folder.

    Raises
    ------
    BadFileError
        If it is a file, not empty and `overwrite` is False, or nothing can be written to it.
    """
    for place in (folder, *folder.parents):
        if place.is_dir():
            break
        if place.exists():
            raise BadFileError(f"'{place}' is a file, not a folder. Choose another name.")
    try:
        is_full = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise BadFileError(
            f"The folder '{folder}' may not be read: {error.strerror}. Check its permissions."
        ) from error
    if is_full and not overwrite:
        raise BadFileError(
            f"The folder '{folder}' is not empty. Choose another one, or allow overwriting."
        )
    check_writable(folder)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in.

    Raises
    ------
    BadFileError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFileError(
            f"The folder '{folder}' cannot be made: {error.strerror}. Choose another one."
        ) from error


def remove_leftovers(folder: Path, names: Collection[str]) -> None:
    """Remove what `write_atomically` leaves when the process is lost.

    Parameters
    ----------
    folder : Path
        To which nothing else is writing.
    names : collection of str
        Of the files that were to be written.
    """
    for leftover in folder.glob(f".*{_PARTIAL}"):
        if leftover.name[1:].rsplit(".", 2)[0] in names:
            leftover.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    data : bytes
        All of it.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    BadFileError
        If the file exists and `overwrite` is False, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise BadFileError(f"'{path}' exists already. Choose another name, or allow overwriting.")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_PARTIAL}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise BadFileError(
            f"'{path}' cannot be written: {error.strerror or error}. Check the folder, its "
            "permissions and the free space."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
