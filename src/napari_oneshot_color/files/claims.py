"""Checks of the size that an image file claims, before memory is allocated for it.

A header of a few bytes can claim any size. The claim is compared with the size of the file, with
the free memory, and with a limit that the user can raise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import psutil

from napari_oneshot_color.errors import BadFileError

__all__ = [
    "LARGEST",
    "bytes_for",
    "check_parts",
    "check_whole",
    "free_memory",
    "most_pixels",
    "reading_up_to",
]

LARGEST = 500.0
"""Megapixels that are read at once, unless the user sets another limit."""

_SMALL = 64_000_000  # pixels that any file may claim, because they need little memory
_PER_BYTE = 500  # plausible pixels per byte of a file; a zlib bomb has 1000
_COPIES = 3  # copies of the pixels in memory during decoding and rotation

_asked: ContextVar[float | None] = ContextVar("largest_megapixels", default=None)


@contextmanager
def reading_up_to(megapixels: float | None) -> Iterator[None]:
    """Set the largest size of images inside the ``with`` block; None keeps the current limit.

    Raises
    ------
    BadFileError
        If `megapixels` is not a number above 0.
    """
    if megapixels is not None and not 0 < megapixels < math.inf:
        raise BadFileError(f"The largest image size cannot be {megapixels}. Give megapixels.")
    before = _asked.set(_asked.get() if megapixels is None else megapixels)
    try:
        yield
    finally:
        _asked.reset(before)


def free_memory() -> int:
    """Return the free memory in bytes."""
    return int(psutil.virtual_memory().available)


def bytes_for(pixels: int) -> int:
    """Return the smallest plausible file size, in bytes, of an image with this many pixels."""
    return -(-pixels // _PER_BYTE)


def most_pixels(stored: int) -> int:
    """Return how many pixels may be read at once from a file with `stored` bytes."""
    asked = _asked.get()
    return int(asked * 1e6) if asked is not None else min(int(LARGEST * 1e6), _believable(stored))


def check_whole(
    name: str, height: int, width: int, stored: int, *, pages: int = 1, pixel_bytes: int = 1
) -> None:
    """Check that an image is not too large to be read at once.

    Parameters
    ----------
    name : str
        Name of the file.
    height, width : int
        Size according to the header.
    stored : int
        Size of the file in bytes.
    pages : int
        Number of images of that size that are read at once.
    pixel_bytes : int
        Bytes of a pixel in memory.

    Raises
    ------
    BadFileError
        If it has more pixels than its file size, the user's limit or the free memory allow.
    """
    pixels = height * width * pages
    most = most_pixels(stored)
    if pixels > most:
        raise _too_large(name, height, width, pages, stored, most)
    needed, free = pixels * pixel_bytes * _COPIES, free_memory()
    if needed > free:
        raise BadFileError(
            f"'{name}' is {_size(height, width, pages)}: reading it needs {_amount(needed)} of "
            f"memory, but only {_amount(free)} is free. Close other programs, or save it as "
            "tiled TIFF or as zarr."
        )


def check_parts(name: str, height: int, width: int, stored: int, *, pages: int = 1) -> None:
    """Check the size of an image or stack that is read in parts.

    Raises
    ------
    BadFileError
        If it has more pixels than its file size or the user's limit allow.
    """
    most = max(_believable(stored), int((_asked.get() or 0) * 1e6))
    if height * width * pages > most:
        raise _too_large(name, height, width, pages, stored, most)


def _believable(stored: int) -> int:
    return max(_SMALL, _PER_BYTE * stored)


def _too_large(
    name: str, height: int, width: int, pages: int, stored: int, most: int
) -> BadFileError:
    megapixels = height * width * pages / 1e6
    return BadFileError(
        f"'{name}' claims to be {_size(height, width, pages)}, but has {_amount(stored)}: at most "
        f"{most / 1e6:,.0f} megapixels are read from such a file. It may be damaged; if not, "
        f"allow it with --largest-megapixels {math.ceil(megapixels)}."
    )


def _size(height: int, width: int, pages: int) -> str:
    count = f"{pages:,} times " if pages > 1 else ""
    return f"{count}{width:,} x {height:,} px, {height * width * pages / 1e6:,.0f} megapixels"


def _amount(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError
