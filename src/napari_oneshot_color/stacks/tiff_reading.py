"""TIFF files of many pages: grey ones opened lazily, coloured ones written page by page."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import uuid
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files.formats import only_series
from napari_oneshot_color.stacks.zarr_writing import StoredStack

__all__ = ["LARGEST_IMAGE", "PART", "open_tiff_stack", "write_tiff"]

AnyArray = NDArray[Any]

LARGEST_IMAGE = 64_000_000
"""Pixels beyond which an image is coloured in parts, and a page is written in tiles."""

PART = 2048
"""Side in px of the parts of a large image, about."""
_TILE = 512
_OME_UNITS = {  # OME's sign for what other formats write out, or write in ASCII
    **{unit: unit for unit in ("m", "cm", "mm", "µm", "nm", "pm")},
    **dict.fromkeys(("um", "μm", "micron", "microns", "micrometer"), "µm"),
    "nanometer": "nm",
    "millimeter": "mm",
}
_LARGEST_CLASSIC = 2**32 - 2**25  # bytes that surely fit without 64-bit offsets


def open_tiff_stack(path: str | Path) -> StoredStack | None:
    """Open the first series of a TIFF file as a grey stack, lazily.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    StoredStack or None
        With the axes, and the scale where an OME-TIFF or ImageJ tells it; None for a single image
        that is better read whole, by `files.read_image`.

    Raises
    ------
    BadFileError
        If it is missing, no TIFF, truncated, or holds several stacks; later, when it is read, if a
        page is damaged.
    BadPairError
        If its pages are in colour.
    """
    path = Path(path)
    if not path.is_file():
        raise BadFileError(f"There is no file '{path}'.")
    try:
        with tifffile.TiffFile(path) as file:
            series = only_series(file)
            axes, shape, dtype = series.axes, series.shape, series.dtype
            page = series.keyframe
            is_inverted = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
            is_palette = page.photometric == tifffile.PHOTOMETRIC.PALETTE
            in_parts = page.is_tiled and page.size > LARGEST_IMAGE
            scale, units = _scale_of(file, axes)
            if not _is_whole(series, path.stat().st_size):
                raise ValueError("truncated")
    except (BadFileError, MemoryError):
        raise
    except Exception as error:  # a damaged header fails in many ways
        raise BadFileError(f"'{path.name}' cannot be read: it is damaged or empty.") from error
    if len(shape) < 3 and (len(shape) < 2 or shape[0] * shape[1] <= LARGEST_IMAGE):
        return None
    if "S" in axes or is_palette:
        if len(shape) == 3 - is_palette:
            return None
        raise BadPairError(f"The pages of '{path.name}' are in colour. Convert them to grayscale.")
    reader = _Pages(path, in_parts=in_parts)
    parts = tuple(_multiple(size) for size in page.chunks[-2:]) if in_parts else (-1, -1)
    data = da.from_array(
        reader, chunks=(*(1,) * (len(shape) - 2), *parts), meta=np.empty((0,) * len(shape), dtype)
    )
    if len(shape) == 2 and not in_parts:
        data = data.rechunk((PART, PART))
    if is_inverted and dtype.kind in "bu":
        data = ~data
    return StoredStack(data, tuple(axes.lower()), scale, units)


def write_tiff(
    stack: zarr.Array[Any],
    path: Path,
    *,
    axes: Sequence[str] | None,
    scale: Sequence[float] | None,
    units: Sequence[str] | None,
    stop: threading.Event,
) -> bool:
    """Write a coloured stack as an OME-TIFF, never all of it in memory, whole or not at all.

    Parameters
    ----------
    stack : zarr.Array
        ``(…, H, W, 3)``.
    path : Path
        The file; it is replaced.
    axes, scale, units : sequence, optional
        Of the grey stack, see `StoredStack`.
    stop : threading.Event
        Once set, the writing ends.

    Returns
    -------
    bool
        Whether it was written, and not stopped.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    in_tiles = stack.shape[-3] * stack.shape[-2] > LARGEST_IMAGE
    metadata = _described(stack, axes, scale, units)
    temporary = path.with_name(f".{path.name}.writing")
    try:
        with tifffile.TiffWriter(
            temporary,
            bigtiff=int(np.prod(stack.shape)) * stack.dtype.itemsize > _LARGEST_CLASSIC,
            ome="UUID" in metadata,
        ) as file:
            file.write(
                _until(stop, _tiles(stack) if in_tiles else _pages(stack)),
                shape=stack.shape,
                dtype=stack.dtype,
                photometric="rgb",
                compression="zlib",
                tile=(_TILE, _TILE) if in_tiles else None,
                metadata=metadata,
            )
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    except _StoppedError:
        return False
    except OSError as error:
        raise BadFileError(
            f"'{path}' cannot be written: {error.strerror or error}. Check the folder, its "
            "permissions and the free space."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return True


class _StoppedError(Exception):
    """Ends tifffile's own loop."""


class _Pages:
    """The first series of a TIFF file as an array; it travels to other processes as its name."""

    def __init__(self, path: Path, *, in_parts: bool) -> None:
        self.path = path.absolute()
        self.in_parts = in_parts

    @cached_property
    def _array(self) -> zarr.Array[Any]:
        file = tifffile.TiffFile(self.path)
        weakref.finalize(self, file.close)
        store = file.series[0].aszarr(level=0, chunkmode=0 if self.in_parts else 2)
        return zarr.open_array(store, mode="r")

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self._array.dtype)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, index: Any) -> AnyArray:
        try:
            return np.asarray(self._array[index])
        except MemoryError:
            raise
        except Exception as error:  # the decoders raise many classes, some of their own
            raise BadFileError(f"'{self.path.name}' cannot be read: a page is damaged.") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return _pages_of, (self.path, self.in_parts)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        told = self.path.stat()
        return str(self.path), told.st_size, told.st_mtime_ns, self.in_parts


def _pages_of(path: Path, in_parts: bool) -> _Pages:
    return _Pages(path, in_parts=in_parts)


def _is_whole(series: tifffile.TiffPageSeries, size: int) -> bool:
    """Whether the file is long enough for all pages of a series."""
    if series.dataoffset is not None:
        return bool(series.dataoffset + series.nbytes <= size)
    return all(
        page is not None
        and len(page.dataoffsets) > 0
        and all(
            offset > 0 and offset + count <= size
            for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
        for page in series.pages
    )


def _multiple(side: int) -> int:
    """Side of a part, made of whole tiles."""
    return side * max(1, PART // side)


def _scale_of(
    file: tifffile.TiffFile, axes: str
) -> tuple[tuple[float, ...] | None, tuple[str, ...] | None]:
    """Find the pixel sizes along z, y and x as far as they are told; 1 along the other axes."""
    sizes: dict[str, tuple[float, str]] = {}
    if file.ome_metadata:
        image: Any = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        pixels = (image[0] if isinstance(image, list) else image)["Pixels"]
        for axis in "ZYX":
            size = pixels.get(f"PhysicalSize{axis}")
            if isinstance(size, int | float) and 0 < size < np.inf:
                sizes[axis] = float(size), str(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    elif file.imagej_metadata:
        unit = str(file.imagej_metadata.get("unit") or "").replace("\\u00b5", "µ")
        page: Any = file.pages[0]
        for axis, name in (("Y", "YResolution"), ("X", "XResolution")):
            if unit and name in page.tags and page.tags[name].value[0]:
                per_unit = page.tags[name].value
                sizes[axis] = per_unit[1] / per_unit[0], unit
        if unit and file.imagej_metadata.get("spacing"):
            sizes["Z"] = float(file.imagej_metadata["spacing"]), unit
    if not sizes:
        return None, None
    found = [sizes.get(axis, (1.0, "")) for axis in axes]
    return tuple(size for size, _ in found), tuple(unit for _, unit in found)


def _described(
    stack: zarr.Array[Any],
    axes: Sequence[str] | None,
    scale: Sequence[float] | None,
    units: Sequence[str] | None,
) -> dict[str, Any]:
    """Write down axes and pixel sizes as tifffile takes them: as OME where OME knows the axes."""
    names = "".join(axes or ()).upper()
    if len(names) == 3 and names[0] in "IQ":  # a bare sequence of pages
        names = f"Z{names[1:]}"
    if not names or set(names) - set("TZCYX"):
        return {"axes": f"{names}S"} if len(names) == stack.ndim - 1 else {}
    metadata: dict[str, Any] = {"axes": f"{names}S"}
    for axis, size, unit in zip(names, scale or (), units or (), strict=False):
        if axis in "ZYX" and unit in _OME_UNITS:
            metadata[f"PhysicalSize{axis}"] = size
            metadata[f"PhysicalSize{axis}Unit"] = _OME_UNITS[unit]
    told = hashlib.sha256(f"{sorted(metadata.items())} {stack.attrs.asdict()}".encode()).digest()
    metadata["UUID"] = str(uuid.UUID(bytes=told[:16], version=4))  # else drawn anew for each file
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
    """Cut pages into tiles, from bands as high as a whole number of chunks and of tiles."""
    height, width = stack.shape[-3:-1]
    band = -(-stack.chunks[-3] // _TILE) * _TILE
    for index in np.ndindex(stack.shape[:-3]):
        for top in range(0, height, band):
            rows = np.asarray(stack[(*index, slice(top, top + band))])
            for row in range(0, len(rows), _TILE):
                for left in range(0, width, _TILE):
                    yield np.ascontiguousarray(rows[row : row + _TILE, left : left + _TILE])
