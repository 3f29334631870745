"""How large an image says it is, before anything is allocated for it.

A header of a few bytes can claim any size. What is claimed is compared with the bytes that are
there, with the memory that is free, and with a limit that the user can raise.
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
"""Megapixels that are read at once, unless the user says otherwise."""

_SMALL = 64_000_000  # pixels that any file may claim: their memory is no matter
_PER_BYTE = 500  # pixels that a byte of a file can well stand for: a bomb of zlib has 1000
_COPIES = 3  # of the pixels, in their own numbers, while they are decoded and turned

_asked: ContextVar[float | None] = ContextVar("largest_megapixels", default=None)


@contextmanager
def reading_up_to(megapixels: float | None) -> Iterator[None]:
    """Let images be as large as the user says, inside; None leaves it as it is.

    Raises
    ------
    BadFileError
        If it is no number above 0.
    """
    if megapixels is not None and not 0 < megapixels < math.inf:
        raise BadFileError(f"Images cannot be of up to {megapixels} megapixels. Give a number.")
    before = _asked.set(_asked.get() if megapixels is None else megapixels)
    try:
        yield
    finally:
        _asked.reset(before)


def free_memory() -> int:
    """Count the bytes of memory that are free."""
    return int(psutil.virtual_memory().available)


def bytes_for(pixels: int) -> int:
    """Count the bytes that so many pixels have in any believable file."""
    return -(-pixels // _PER_BYTE)


def most_pixels(stored: int) -> int:
    """Count the pixels that are read at once of an image that has so many bytes in its file."""
    asked = _asked.get()
    return int(asked * 1e6) if asked is not None else min(int(LARGEST * 1e6), _believable(stored))


def check_whole(
    name: str, height: int, width: int, stored: int, *, pages: int = 1, pixel_bytes: int = 1
) -> None:
    """Refuse an image that is too large to be read at once, or claims to be.

    Parameters
    ----------
    name : str
        The file's.
    height, width : int
        As its header says.
    stored : int
        Bytes of the file.
    pages : int
        How many images of that size are read at once.
    pixel_bytes : int
        That a pixel takes in memory.

    Raises
    ------
    BadFileError
        If it has more pixels than its bytes or the user allow, or than the memory holds.
    """
    pixels = height * width * pages
    most = most_pixels(stored)
    if pixels > most:
        raise _too_large(name, height, width, pages, stored, most)
    needed, free = pixels * pixel_bytes * _COPIES, free_memory()
    if needed > free:
        raise BadFileError(
            f"'{name}' is {_size(height, width, pages)}: reading it takes {_amount(needed)}, and "
            f"{_amount(free)} of memory are free. Close other programs, or save it as a TIFF in "
            "tiles or as zarr."
        )


def check_parts(name: str, height: int, width: int, stored: int, *, pages: int = 1) -> None:
    """Refuse an image or stack that claims far more than its bytes can hold; it is read in parts.

    Raises
    ------
    BadFileError
        If it has more pixels than its bytes or the user allow.
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
        f"'{name}' says that it is {_size(height, width, pages)}, and has {_amount(stored)}: up to "
        f"{most / 1e6:,.0f} megapixels are read of such a file. It may be damaged; if it is not, "
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
