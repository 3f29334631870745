"""Writes coloured stacks as TIFF, page by page."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr

from napari_oneshot_color.files.pixel_sizes import OME_UNITS
from napari_oneshot_color.files.writing import written_whole
from napari_oneshot_color.stacks.stored import LARGEST_IMAGE
from napari_oneshot_color.types import AnyArray

__all__ = ["write_tiff"]

_TILE = 512

_LARGEST_CLASSIC = 2**32 - 2**25  # bytes that surely fit without 64-bit offsets


def write_tiff(
    stack: zarr.Array[Any],
    path: Path,
    *,
    axes: Sequence[str] | None,
    scale: Sequence[float] | None,
    units: Sequence[str] | None,
    stop: threading.Event,
) -> bool:
    """Write a coloured stack as an OME-TIFF, page by page, whole or not at all.

    Parameters
    ----------
    stack : zarr.Array
        ``(…, H, W, 3)``.
    path : Path
        The file; it is replaced.
    axes, scale, units : sequence, optional
        Those of the grey stack; see `StoredStack`.
    stop : threading.Event
        Once set, writing ends.

    Returns
    -------
    bool
        Whether it was written; False if it was stopped.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    in_tiles = stack.shape[-3] * stack.shape[-2] > LARGEST_IMAGE
    metadata = _described(stack, axes, scale, units)
    is_big = int(np.prod(stack.shape)) * stack.dtype.itemsize > _LARGEST_CLASSIC
    try:
        with (
            written_whole(path) as temporary,
            tifffile.TiffWriter(temporary, bigtiff=is_big, ome="UUID" in metadata) as file,
        ):
            file.write(
                _until(stop, _tiles(stack) if in_tiles else _pages(stack)),
                shape=stack.shape,
                dtype=stack.dtype,
                photometric="rgb",
                compression="zlib",
                tile=(_TILE, _TILE) if in_tiles else None,
                metadata=metadata,
            )
    except _StoppedError:
        return False
    return True


class _StoppedError(Exception):
    """Ends tifffile's own loop."""


def _described(
    stack: zarr.Array[Any],
    axes: Sequence[str] | None,
    scale: Sequence[float] | None,
    units: Sequence[str] | None,
) -> dict[str, Any]:
    """Return axes and pixel sizes as tifffile's metadata: as OME if OME knows the axes."""
    names = "".join(axes or ()).upper()
    if len(names) == 3 and names[0] in "IQ":  # a bare sequence of pages
        names = f"Z{names[1:]}"
    if not names or set(names) - set("TZCYX"):
        return {"axes": f"{names}S"} if len(names) == stack.ndim - 1 else {}
    metadata: dict[str, Any] = {"axes": f"{names}S"}
    for axis, size, unit in zip(names, scale or (), units or (), strict=False):
        if axis in "ZYX" and unit in OME_UNITS:
            metadata[f"PhysicalSize{axis}"] = size
            metadata[f"PhysicalSize{axis}Unit"] = OME_UNITS[unit]
    digest = hashlib.sha256(f"{sorted(metadata.items())} {stack.attrs.asdict()}".encode()).digest()
    metadata["UUID"] = str(uuid.UUID(bytes=digest[:16], version=4))  # otherwise random
    return metadata


def _until(stop: threading.Event, parts: Iterator[AnyArray]) -> Iterator[AnyArray]:
    for part in parts:
        if stop.is_set():
            raise _StoppedError
        yield part


def _pages(stack: zarr.Array[Any]) -> Iterator[AnyArray]:
    for index in np.ndindex(stack.shape[:-3]):
        yield np.asarray(stack[index])


def _tiles(stack: zarr.Array[Any]) -> Iterator[AnyArray]:
    """Cut pages into tiles, reading bands of whole tiles that are at least a chunk high."""
    height, width = stack.shape[-3:-1]
    band = -(-stack.chunks[-3] // _TILE) * _TILE
    for index in np.ndindex(stack.shape[:-3]):
        for top in range(0, height, band):
            rows = np.asarray(stack[(*index, slice(top, top + band))])
            for row in range(0, len(rows), _TILE):
                for left in range(0, width, _TILE):
                    yield np.ascontiguousarray(rows[row : row + _TILE, left : left + _TILE])
