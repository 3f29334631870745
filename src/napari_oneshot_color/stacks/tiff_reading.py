"""TIFF files of many grey pages, opened lazily."""

from __future__ import annotations

import weakref
from functools import cached_property
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import tifffile
import zarr

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files.formats import only_series
from napari_oneshot_color.files.pixel_sizes import pixel_sizes
from napari_oneshot_color.stacks.stored import LARGEST_IMAGE, PART, StoredStack
from napari_oneshot_color.types import AnyArray

__all__ = ["open_tiff_stack"]


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
        that is better read whole, by `files.formats.read_image`.

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
            scale, units = pixel_sizes(file, axes)
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
