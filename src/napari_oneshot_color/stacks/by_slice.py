"""Lazy arrays whose slices a function makes, one chunk for each slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import dask.array as da
import numpy as np
from numpy.typing import DTypeLike

from napari_oneshot_color.types import AnyArray

__all__ = ["by_slice"]


@dataclass(frozen=True)
class _Made:
    """Looks like an array to dask, which learns nothing of what makes its slices."""

    make: Callable[[tuple[int, ...]], Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    leading: int

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def part(self, where: tuple[slice, ...]) -> AnyArray:
        """Make the slice at a chunk's place, or nothing of an array that is empty."""
        sides = [one.stop - one.start for one in where]
        if 0 in sides:
            return np.empty(sides, self.dtype)
        index = tuple(one.start for one in where[: self.leading])
        return np.asarray(self.make(index))[(np.newaxis,) * self.leading]


def by_slice(
    make: Callable[[tuple[int, ...]], Any], shape: Sequence[int], dtype: DTypeLike, leading: int
) -> da.Array:
    """Describe an array by a function that makes one slice.

    Nothing is computed, copied or looked at before a slice is wanted, and nothing is listed for
    each slice. No array made here is mistaken for an earlier one.

    Parameters
    ----------
    make : callable
        Takes the index of a slice, a tuple with one int for each leading axis, and returns an array
        of the shape of the other axes.
    shape : sequence of int
        Of the whole array.
    dtype : dtype
        Of its values.
    leading : int
        Number of leading axes.

    Returns
    -------
    dask.array.Array
        In chunks of one slice.
    """
    made = _Made(make, tuple(shape), np.dtype(dtype), leading)
    return da.from_array(
        made,
        chunks=(1,) * leading + made.shape[leading:],
        name=f"oneshot-color-slices-{uuid4().hex}",  # or dask would read all for a name
        getitem=_Made.part,
        meta=np.empty((0,) * made.ndim, made.dtype),
    )
