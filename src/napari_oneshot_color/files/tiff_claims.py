"""Checks of the size that TIFF pages claim, against the file size and the free memory."""

from __future__ import annotations

import math

import tifffile

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims

__all__ = ["check_page", "check_series"]


def check_series(series: tifffile.TiffPageSeries, name: str) -> None:
    """Check, before reading, that pages do not claim more than their file can contain.

    Images that are read in parts are compared with the file size, and each part with the limit
    for reading at once.
    """
    page = series.keyframe
    stored = page.parent.filehandle.size
    if len(page.dataoffsets) < math.prod(page.chunked):
        raise BadFileError(
            f"'{name}' cannot be read: it has only {len(page.dataoffsets):,} of its "
            f"{math.prod(page.chunked):,} parts."
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
    """Check that pages are not too large to be read at once, all together."""
    height, width = page.imagelength, page.imagewidth
    samples = max(1, page.samplesperpixel)
    pages = max(1, count // max(1, height * width * samples))
    pixel_bytes = samples * _sample_bytes(page)
    claims.check_whole(name, height, width, stored, pages=pages, pixel_bytes=pixel_bytes)


def _sample_bytes(page: tifffile.TiffPage) -> int:
    return 1 if page.dtype is None else page.dtype.itemsize
