"""Resizing of images; large ones are shrunk in strips, never held in memory as float."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from skimage.transform import resize

from napari_oneshot_color.types import Image

__all__ = ["Shrinking", "interpolated", "resized", "shrunk"]

_STRIP = 16  # rows of the small image made at once; fixed, so that chunks do not affect the bytes


@dataclass(frozen=True)
class Shrinking:
    """Shrinks an image by averaging over areas, some of its rows at a time.

    Parameters
    ----------
    shape, small : tuple of int
        Height and width in px before and after; the small one is not larger in either.
    """

    shape: tuple[int, int]
    small: tuple[int, int]

    @property
    def strips(self) -> list[tuple[slice, slice]]:
        """Pairs of rows of the small image and the rows of the large one that they need."""
        found = []
        for first in range(0, self.small[0], _STRIP):
            last = min(first + _STRIP, self.small[0])
            top = first * self.shape[0] // self.small[0]
            bottom = -(-last * self.shape[0] // self.small[0])
            found.append((slice(first, last), slice(top, bottom)))
        return found

    def strip(self, rows: slice, wanted: slice, pixels: Image) -> Image:
        """Make some rows of the small image.

        Parameters
        ----------
        rows, wanted : slice
            A pair from `strips`.
        pixels : ndarray
            ``(n, W)`` or ``(n, W, C)`` float32: the rows `wanted` of the large image.

        Returns
        -------
        ndarray
            ``(m, w)`` or ``(m, w, C)`` float32: the `rows` of the small image.
        """
        down = self._weights[0][rows, wanted] @ pixels.reshape(len(pixels), -1)
        planes = down.reshape(len(down), *pixels.shape[1:])
        across = self._weights[1] @ planes.swapaxes(0, 1).reshape(self.shape[1], -1)
        narrow = across.reshape(self.small[1], len(down), *pixels.shape[2:]).swapaxes(0, 1)
        return np.ascontiguousarray(narrow, np.float32)

    def image(self, read: Callable[[slice], Image]) -> Image:
        """Make the small image.

        Parameters
        ----------
        read : callable
            Returns some rows of the large image as float32.

        Returns
        -------
        ndarray
            ``(h, w)`` or ``(h, w, C)`` float32; the large image itself if the sizes are equal.
        """
        if self.shape == self.small:
            return read(slice(0, self.shape[0]))
        strips = [self.strip(rows, wanted, read(wanted)) for rows, wanted in self.strips]
        return np.concatenate(strips)

    @cached_property
    def _weights(self) -> tuple[csr_array, csr_array]:
        rows, columns = (_means(*lengths) for lengths in zip(self.shape, self.small, strict=True))
        return rows, columns


def shrunk(image: Image, small: tuple[int, int]) -> Image:
    """Shrink an image that is in memory, ``(H, W)`` or ``(H, W, C)`` float32, to another size."""
    return Shrinking((image.shape[0], image.shape[1]), small).image(lambda rows: image[rows])


def _means(length: int, count: int) -> csr_array:
    """Return the matrix that averages `length` numbers over `count` equal parts."""
    edges = np.arange(count + 1) * (length / count)
    edges[-1] = length
    rows, columns, weights = [], [], []
    for row, (start, end) in enumerate(pairwise(edges)):
        covered = np.arange(int(start), int(np.ceil(end)))
        share = np.minimum(covered + 1, end) - np.maximum(covered, start)
        rows.append(np.full(len(covered), row))
        columns.append(covered)
        weights.append(share / (end - start))
    entries = np.concatenate(weights).astype(np.float32)
    places = np.concatenate(rows), np.concatenate(columns)
    return csr_array((entries, places), shape=(count, length))


def resized(image: Image, shape: tuple[int, int]) -> Image:
    """Resize an image, with anti-aliasing where it shrinks.

    Parameters
    ----------
    image : ndarray
        ``(H, W)`` or ``(H, W, C)`` float32.
    shape : tuple of int
        Wanted height and width in px.

    Returns
    -------
    ndarray
        float32; the image itself if it has the shape already.
    """
    if image.shape[:2] == shape:
        return image
    if shape[0] < image.shape[0] or shape[1] < image.shape[1]:
        wanted = (*shape, *image.shape[2:])
        result: Image = resize(image, wanted, order=1, mode="edge", anti_aliasing=True)
        return result.astype(np.float32, copy=False)
    taller = interpolated(image, shape[0])
    return np.ascontiguousarray(interpolated(taller.swapaxes(0, 1), shape[1]).swapaxes(0, 1))


def interpolated(
    values: NDArray[np.float32], length: int, start: int = 0, count: int | None = None
) -> NDArray[np.float32]:
    """Interpolate linearly along the first axis, pixel centre to pixel centre.

    Parameters
    ----------
    values : ndarray
        ``(n, …)`` float32.
    length : int
        Length of the whole axis after interpolation.
    start, count : int
        The part of it to return; all by default.

    Returns
    -------
    ndarray
        ``(count, …)`` float32; beyond the outermost values, these are repeated.
    """
    highest = len(values) - 1
    wanted = np.arange(start, length if count is None else start + count)
    places = np.clip((wanted + 0.5) * (len(values) / length) - 0.5, 0, highest)
    before = np.minimum(places.astype(np.int64), max(0, highest - 1))
    after = np.minimum(before + 1, highest)
    share = (places - before).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    first: NDArray[np.float32] = values[before]
    first += share * (values[after] - first)
    return first
