"""Opens TIFF files of many grey pages lazily, with the values that are displayed."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import tifffile
import zarr

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files.picture import TRANSPOSED, Description, Picture, shown, upright
from napari_oneshot_color.files.pixel_sizes import pixel_sizes
from napari_oneshot_color.files.tiff import Content, open_tiff, opened
from napari_oneshot_color.pair.tones import grey_values, is_nearly_grey
from napari_oneshot_color.stacks.stored import LARGEST_IMAGE, PART, StoredStack
from napari_oneshot_color.stacks.windows import Window, Windowed
from napari_oneshot_color.types import AnyArray

__all__ = ["open_tiff_stack"]


def open_tiff_stack(path: str | Path, *, luminance: bool = False) -> StoredStack | None:
    """Open the first series of a TIFF file as a grey stack, lazily.

    Parameters
    ----------
    path : str or Path
        The file.
    luminance : bool
        Whether to use the luminance of pages in colour, such as toned prints.

    Returns
    -------
    StoredStack or None
        With the axes, and the scale if OME or ImageJ metadata state it; None for a single image
        that is better read whole, by `files.decoding.read_image`.

    Raises
    ------
    BadFileError
        If it is missing, not a TIFF, truncated, or holds several stacks; later, when it is read,
        if a page is damaged.
    BadPairError
        If its pages are in colour, and their luminance is not asked for.
    """
    path = Path(path)
    with ExitStack() as held:
        file, content = held.enter_context(opened(path))
        series, about = content.series, content.about
        page, axes = series.keyframe, series.axes
        height, width = page.imagelength, page.imagewidth
        is_large = height * width > LARGEST_IMAGE
        if content.is_single and ("S" in axes or about.model != "grey" or not is_large):
            return None
        if content.needs_libtiff:
            raise BadPairError(f"The pages of '{path.name}' are in colour. Convert them to grey.")
        in_parts = page.is_tiled and is_large
        scale, units = pixel_sizes(file, axes.replace("S", ""))
        index = next(i for i, one in enumerate(file.series) if one is series)
        _check_orientations(content, path.name)
        reader = _Pages(path, index, in_parts=in_parts)
        reader.take(file, held.pop_all().close)
    samples = axes.index("S") if "S" in axes else None
    chunks = [1] * (len(series.shape) - 2 - (samples is not None))
    chunks += (
        [_multiple(size) for size in (page.tilelength, page.tilewidth)] if in_parts else [-1] * 2
    )
    if samples is not None:
        chunks.insert(samples, -1)
    meta = np.empty((0,) * len(series.shape), series.dtype)

    def lying(window: Window) -> da.Array:
        """Read a part of the pages as stored, with the colours last."""
        inner = (*window, slice(0, series.shape[samples])) if samples == len(window) else window
        data = da.from_array(Windowed(reader, inner), chunks=tuple(chunks), meta=meta)
        if samples is not None and samples != data.ndim - 1:
            data = da.moveaxis(data, samples, -1)
        return data.rechunk((PART, PART)) if data.ndim == 2 and not in_parts else data

    leading = tuple(length for place, length in enumerate(series.shape) if place != samples)[:-2]
    first = lying(tuple(slice(0, 1) for _ in leading))
    gray, dtype, about = _shown(
        first,
        about,
        has_samples=samples is not None,
        is_whole=not in_parts,
        luminance=luminance,
    )

    def part(window: Window) -> da.Array:
        return _upright(gray(lying(window)), content, window)

    if scale is not None and units is not None and about.orientation in TRANSPOSED:
        scale, units = _swapped(scale), _swapped(units)
    axes = axes.replace("S", "").lower()
    example = part(tuple(slice(0, 1) for _ in leading))
    return StoredStack(
        (*leading, *example.shape[-2:]),
        dtype,
        example.chunksize,
        part,
        tuple(axes),
        scale,
        units,
        content.files,
        about,
    )


def _shown(
    first: da.Array, about: Description, *, has_samples: bool, is_whole: bool, luminance: bool
) -> tuple[Callable[[da.Array], da.Array], np.dtype[Any], Description]:
    """Choose how samples become the displayed grey values, by reading the first page.

    Returns
    -------
    gray : callable
        Converts each block of an array when it is read.
    dtype : numpy.dtype
        Of the grey values.
    about : Description
        With notes about the conversion.
    """
    is_plain = about.model == "grey" and not (about.is_inverted or about.bits or about.profile)
    if is_plain and not has_samples and first.dtype.kind != "b":
        return lambda data: data, first.dtype, about
    lying = replace(about, orientation=1)
    page = first[(0,) * (first.ndim - 2 - has_samples)]
    picture = shown(np.asarray(page if has_samples and is_whole else page[:1, :1]), lying)
    dtype = _grey(picture, luminance).dtype  # raises if the first page is in colour

    def gray(data: da.Array) -> da.Array:
        return data.map_blocks(
            _grey_block,
            lying,
            has_samples=has_samples,
            luminance=luminance,
            dtype=dtype,
            drop_axis=data.ndim - 1 if has_samples else None,
            meta=np.empty((0,) * (data.ndim - has_samples), dtype),
        )

    return gray, dtype, replace(about, notes=picture.about.notes)


def _grey_block(
    samples: AnyArray, about: Description, *, has_samples: bool, luminance: bool
) -> AnyArray:
    """Turn one block of a page, ``(1, …, h, w)`` or ``(1, …, h, w, n)``, into grey values."""
    kept = samples.ndim - 2 - has_samples
    grey = _grey(shown(samples.reshape(samples.shape[kept:]), about), luminance)
    return grey.reshape(*samples.shape[:kept], *grey.shape)


def _grey(picture: Picture, luminance: bool) -> AnyArray:
    pixels = picture.pixels
    if pixels.ndim == 3 and pixels.shape[2] == 2:
        return pixels[..., 0]
    if pixels.ndim == 3 and not luminance and not is_nearly_grey(pixels):
        raise BadPairError(
            f"The pages of '{picture.about.name}' are in colour. Convert them to grey, or ask "
            "for their luminance."
        )
    return grey_values(pixels) if pixels.ndim == 3 else pixels


def _turns(content: Content) -> tuple[int, ...]:
    """Return each page's orientation; empty if all are the same, or not all are known."""
    orientations = content.orientations
    leading = [
        length
        for length, axis in zip(content.series.shape, content.series.axes, strict=True)
        if axis not in "YXS"
    ]
    is_told = len(leading) == 1 and len(orientations) == leading[0]
    return orientations if is_told and len(set(orientations)) > 1 else ()


def _check_orientations(content: Content, name: str) -> None:
    """Refuse pages that are not square if only some are to be turned on their sides."""
    page = content.series.keyframe
    lie = {one in TRANSPOSED for one in _turns(content)}
    if len(lie) > 1 and page.imagelength != page.imagewidth:
        raise BadFileError(f"The pages of '{name}' are turned in different ways. Turn them alike.")


def _upright(data: da.Array, content: Content, window: Window) -> da.Array:
    """Turn every page by its own orientation."""
    turns = _turns(content)
    if turns:
        pages = zip(data, turns[window[0]], strict=True)
        return da.stack([upright(page, one) for page, one in pages])
    return upright(data, content.about.orientation, axes=(-2, -1))


def _swapped(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*values[:-2], values[-1], values[-2])


class _Pages:
    """The first series of a TIFF file as an array, which is pickled as the file's name."""

    def __init__(self, path: Path, index: int, *, in_parts: bool) -> None:
        self.path = path.absolute()
        self.index = index
        self.in_parts = in_parts
        self._file: tifffile.TiffFile | None = None

    def take(self, file: tifffile.TiffFile, close: Callable[[], None]) -> None:
        """Take a file that is open already, because following a chain of pages takes seconds."""
        self._file = file
        weakref.finalize(self, close)

    @cached_property
    def _array(self) -> zarr.Array[Any]:
        file = self._file
        if file is None:
            file = open_tiff(self.path)
            self.take(file, file.close)
        store = file.series[self.index].aszarr(level=0, chunkmode=0 if self.in_parts else 2)
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
        return _pages_of, (self.path, self.index, self.in_parts)

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        stat = self.path.stat()
        return str(self.path), stat.st_size, stat.st_mtime_ns, self.index, self.in_parts


def _pages_of(path: Path, index: int, in_parts: bool) -> _Pages:
    return _Pages(path, index, in_parts=in_parts)


def _multiple(side: int) -> int:
    """Return the side of a part made of whole tiles."""
    return side * max(1, PART // side)
