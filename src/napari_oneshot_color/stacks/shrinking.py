"""Shrinks the slices of a stack to the working size, lazily, in strips where they are large."""

from __future__ import annotations

import dask.array as da
import numpy as np

from napari_oneshot_color.pair.limits import rescaled
from napari_oneshot_color.pair.sizes import working_shape
from napari_oneshot_color.pixels.resizing import Shrinking
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["at_working_size"]


def at_working_size(stack: da.Array, working_size: int, limits: Limits) -> da.Array:
    """Shrink every slice to the working size, lazily.

    Parameters
    ----------
    stack : dask.array.Array
        ``(…, H, W)``, any real dtype, in chunks of one slice or parts of one.
    working_size : int
        Short side in px of what is returned, unless the slices are smaller.
    limits : tuple of float
        Values that become 0 and 1.

    Returns
    -------
    dask.array.Array
        ``(…, h, w)`` float32 in [0, 1], in chunks of one slice; NaN where a slice holds NaN.
    """
    height, width = stack.shape[-2:]
    shrinking = Shrinking((height, width), working_shape(height, width, working_size))
    if stack.numblocks[-2:] == (1, 1):
        return stack.map_blocks(
            _shrunk_slice,
            shrinking,
            limits,
            dtype=np.float32,
            chunks=(*stack.chunks[:-2], *((side,) for side in shrinking.small)),
        )
    strips = [
        stack[..., wanted, :]
        .rechunk({-2: -1, -1: -1})
        .map_blocks(
            _shrunk_strip,
            shrinking,
            rows,
            wanted,
            limits,
            dtype=np.float32,
            chunks=(*stack.chunks[:-2], (rows.stop - rows.start,), (shrinking.small[1],)),
        )
        for rows, wanted in shrinking.strips
    ]
    return da.concatenate(strips, axis=-2).rechunk({-2: -1, -1: -1})


def _shrunk_slice(pixels: AnyArray, shrinking: Shrinking, limits: Limits) -> Image:
    plane = pixels.reshape(pixels.shape[-2:])
    small = shrinking.image(lambda rows: rescaled(plane[rows], limits))
    return small.reshape(*pixels.shape[:-2], *shrinking.small)


def _shrunk_strip(
    pixels: AnyArray, shrinking: Shrinking, rows: slice, wanted: slice, limits: Limits
) -> Image:
    small = shrinking.strip(rows, wanted, rescaled(pixels.reshape(pixels.shape[-2:]), limits))
    return small.reshape(*pixels.shape[:-2], *small.shape)
