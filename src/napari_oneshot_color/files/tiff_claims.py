"""What the pages of a TIFF claim to hold, against what there is of the file and of the memory."""

from __future__ import annotations

import math

import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims

__all__ = ["check_page", "check_series"]


def check_series(series: tifffile.TiffPageSeries, name: str) -> None:
    """Refuse pages that claim more than their file can hold, before one is looked at.

    What is read in parts is compared with the file's bytes, and each part with what is read at
    once.
    """
    page = series.keyframe
    stored = page.parent.filehandle.size
    if len(page.dataoffsets) < math.prod(page.chunked):
        raise BadFileError(
            f"'{name}' cannot be read: of {math.prod(page.chunked):,} parts that it should have, "
            f"{len(page.dataoffsets):,} are there."
        )
    height, width = page.imagelength, page.imagewidth
    claims.check_parts(name, height, width, stored, pages=max(1, len(series) * page.imagedepth))
    if page.is_tiled:
        height, width = page.tilelength * page.tiledepth, page.tilewidth
    else:
        height = min(height, page.rowsperstrip)
    pixel_bytes = max(1, page.samplesperpixel) * _sample_bytes(page)
    claims.check_whole(name, height, width, stored, pixel_bytes=pixel_bytes)


def check_page(page: tifffile.TiffPage, name: str, stored: int, count: int) -> None:
    """Refuse what is too large to be read at once, all its pages together."""
    height, width = page.imagelength, page.imagewidth
    samples = max(1, page.samplesperpixel)
    pages = max(1, count // max(1, height * width * samples))
    pixel_bytes = samples * _sample_bytes(page)
    claims.check_whole(name, height, width, stored, pages=pages, pixel_bytes=pixel_bytes)


def _sample_bytes(page: tifffile.TiffPage) -> int:
    return 1 if page.dtype is None else page.dtype.itemsize
