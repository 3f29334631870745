"""Takes stacks in windows of a few slices, without listing all of them.

Whatever is made for each slice before the first is coloured, even one tuple, grows with their
number: a dask graph of a hundred thousand slices takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import dask.array as da
import numpy as np

from napari_oneshot_color.types import AnyArray

__all__ = ["Listed", "Walked", "Window", "Windowed", "Wrapping", "windows"]

Window = tuple[slice, ...]


def windows(shape: Sequence[int], chunks: Sequence[int], count: int) -> Iterator[Window]:
    """Cut the leading axes of a stack into windows, one after another.

    Parameters
    ----------
    shape : sequence of int
        Lengths of the leading axes.
    chunks : sequence of int
        Slices in a chunk along each; a window holds whole chunks.
    count : int
        Approximate number of slices in a window.

    Yields
    ------
    tuple of slice
        One for each axis, with start and stop.
    """
    sizes: list[int] = []
    for length, chunk in zip(reversed(shape), reversed(chunks), strict=True):
        wanted = max(1, -(-count // chunk)) * chunk
        sizes.insert(0, min(length, wanted))
        count = max(1, count // sizes[0])
    ranges = [range(0, length, size) for length, size in zip(shape, sizes, strict=True)]
    for starts in _product(ranges):
        yield tuple(
            slice(start, min(start + size, length))
            for start, size, length in zip(starts, sizes, shape, strict=True)
        )


def _product(ranges: list[range]) -> Iterator[tuple[int, ...]]:
    """Do the same as `itertools.product`, but without listing every range first."""
    if not ranges:
        yield ()
        return
    for first in ranges[0]:
        for rest in _product(ranges[1:]):
            yield (first, *rest)


class Walked(Protocol):
    """A stack that can be taken in windows; see `windows`."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of its values."""

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Sides of its chunks."""

    def part(self, window: Window) -> da.Array:
        """Return a window of it."""


@dataclass(frozen=True)
class Wrapping:
    """An array that is read from another one, with its shape and dtype.

    Attributes
    ----------
    array : array
        Of any library.
    """

    array: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each axis."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of its values."""
        dtype: np.dtype[Any] = self.array.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.array.shape)


@dataclass(frozen=True)
class Listed(Wrapping):
    """A dask array that can be taken in windows; its graph lists all slices."""

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Sides of its chunks."""
        return tuple(self.array.chunksize)

    def part(self, window: Window) -> da.Array:
        """Return a window of it."""
        return self.array[window]


@dataclass(frozen=True)
class Windowed(Wrapping):
    """A window of an array, which is read on access and pickled with the array.

    Attributes
    ----------
    array : array
        Of any library.
    window : tuple of slice
        One for each of its leading axes, with start and stop.
    """

    window: Window

    @property
    def shape(self) -> tuple[int, ...]:
        """Its size along each axis."""
        lengths = (one.stop - one.start for one in self.window)
        return (*lengths, *self.array.shape[len(self.window) :])

    def __getitem__(self, index: tuple[Any, ...]) -> AnyArray:
        index += (slice(None),) * (len(self.window) - len(index))
        shifted = (_shifted(*pair) for pair in zip(index, self.window, strict=False))
        return np.asarray(self.array[(*shifted, *index[len(self.window) :])])

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return self.array.__dask_tokenize__(), tuple((one.start, one.stop) for one in self.window)


def _shifted(index: Any, window: slice) -> Any:
    """Convert an index within a window to one of the whole array."""
    if not isinstance(index, slice):
        return index + window.start
    start, stop, step = index.indices(window.stop - window.start)
    return slice(start + window.start, stop + window.start, step)
