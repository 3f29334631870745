"""Colours stacks, and images larger than memory, lazily: chunk by chunk, with dask.

A slice is coloured in four steps, each a layer of the graph: it is shrunk to the working size, in
strips (`stacks.shrinking`); the slices beside it take out noise (`stacks.steadying`); the colorizer
makes its chroma field, a few numbers for each pixel of the working size (`stacks.fields`); and
every chunk of the slice is joined with its part of the field. No step needs a neighbouring chunk of
the same slice, so there is no halo, and the result does not depend on the chunks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dask.array as da
import numpy as np
from dask.graph_manipulation import clone
from numpy.typing import DTypeLike

from napari_oneshot_color.colorizer.colorizer import Colorizer, check_colorizer
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.pair.checks import check_array, check_limits
from napari_oneshot_color.pair.limits import scaled
from napari_oneshot_color.pair.problems import stack_problem
from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.color import colored
from napari_oneshot_color.stacks.computing import computed
from napari_oneshot_color.stacks.fields import LOOK_BACK, chroma_lines
from napari_oneshot_color.stacks.keys import Key, check_likeness, prepare_keys
from napari_oneshot_color.stacks.limits import stack_limits
from napari_oneshot_color.stacks.shrinking import at_working_size
from napari_oneshot_color.stacks.steadying import steadied_slices
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.windows import Window
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["ColoredStack", "checked_keys", "colorize_stack"]

_ALL = slice(None)


def colorize_stack(
    colorizer: Colorizer,
    stack: Any,
    *,
    limits: Limits | None = None,
    dtype: DTypeLike = np.uint8,
    keys: Mapping[int, Any] | None = None,
) -> da.Array:
    """Colour a stack or one large image with a trained colorizer, lazily.

    One colorizer and one pair of limits serve all slices, so that colours do not flicker. Matched
    places are followed from slice to slice along the axis before height and width, in chains of
    eight (`stacks.fields.LOOK_BACK`), and what stays the same is averaged with the slices on both
    sides (`stacks.steadying`). Where neither is so, or `Settings.steadied_slices` is 0, the first
    slice of a chain comes out as `pipeline.apply_steps` colours it on one thread. The result
    depends neither on the chunks nor on the order in which they are computed. A constant slice
    stays grey: stacks often begin or end with one.

    Parameters
    ----------
    colorizer : Colorizer
        Trained here or read from a file. In a cluster it is sent once to each worker, and computes
        there on the worker's GPU, if it has one.
    stack : array
        ``(…, H, W)``, any real dtype; a dask array, or anything that dask can wrap.
    limits : tuple of float, optional
        Values that become 0 and 1; None takes `stack_limits`, which for other dtypes than unsigned
        integers computes the whole stack once.
    dtype : dtype
        ``uint8`` or ``uint16`` for their full range, or ``float32`` for [0, 1].
    keys : mapping of int to ndarray or Source, optional
        Slices of the stack in colour, ``(H, W, 3)``, by their number, counted from 0. Each slice
        takes colours from the nearest key on each side; where both match, the nearer one has the
        larger share. The stack must be ``(T, H, W)``. A `Source` also has limits.

    Returns
    -------
    dask.array.Array
        ``(…, H, W, 3)``, sRGB; chunks of one slice, and of the stack's own height and width.

    Raises
    ------
    BadPairError
        If the stack cannot be coloured, or a key has another size than its slice or shows something
        else; and, when a slice is computed, if it holds NaN.
    """
    check_colorizer(colorizer)
    check_array(stack, "The stack is")
    stack = da.asanyarray(stack)
    problem = stack_problem(stack, colorizer.settings)
    if problem:
        raise BadPairError(problem)
    limits = check_limits(stack_limits(stack) if limits is None else limits, "the stack")
    stack = _sliced(stack)
    prepared = checked_keys(keys, colorizer, stack, limits)
    return _colored(stack, colorizer, prepared, limits, np.dtype(dtype))


def checked_keys(
    keys: Mapping[int, Any] | None, colorizer: Colorizer, stack: Any, limits: Limits
) -> tuple[Key, ...]:
    """Prepare keys, and make sure that each shows its slice, which is read for that.

    Parameters
    ----------
    keys, colorizer, stack, limits
        As in `colorize_stack`.

    Raises
    ------
    BadPairError
        If one cannot be a key.
    """
    prepared = prepare_keys(keys, colorizer, stack.shape)
    for key in prepared:
        grey = at_working_size(stack[key.slice], colorizer.settings.working_size, limits)
        check_likeness(key, computed(grey)[0])
    return prepared


def _colored(
    stack: da.Array,
    colorizer: Colorizer,
    keys: Sequence[Key],
    limits: Limits,
    dtype: np.dtype[Any],
    wanted: slice = _ALL,
) -> da.Array:
    """Colour the wanted slices of a stack that was checked, in chunks of one slice.

    `wanted` counts along the axis before height and width, and begins where a chain does.
    """
    working = at_working_size(stack, colorizer.settings.working_size, limits)
    working = steadied_slices(working, colorizer.settings.steadied_slices)
    if wanted != _ALL:
        working, stack = working[..., wanted, :, :], stack[..., wanted, :, :]
    height, width = stack.shape[-2:]
    lines = chroma_lines(working, colorizer, (height, width), keys)
    return _joined(stack, lines, limits, dtype)


@dataclass(frozen=True)
class ColoredStack:
    """A stack in a file, coloured as by `colorize_stack`, without a graph of all its slices.

    Attributes
    ----------
    colorizer : Colorizer
        Trained here or read from a file.
    stack : StoredStack
        The grey stack.
    limits : tuple of float
        Values that become 0 and 1.
    dtype : numpy.dtype
        As in `colorize_stack`.
    keys : tuple of Key
        As `stacks.keys.prepare_keys` makes them.

    Raises
    ------
    BadPairError
        If the stack cannot be coloured.
    """

    colorizer: Colorizer
    stack: StoredStack
    limits: Limits
    dtype: np.dtype[Any]
    keys: tuple[Key, ...] = ()

    def __post_init__(self) -> None:
        problem = stack_problem(self.stack, self.colorizer.settings)
        if problem:
            raise BadPairError(problem)
        check_limits(self.limits, "the stack")
        for key in self.keys:
            grey = self.stack.part((slice(key.slice, key.slice + 1),))
            size = self.colorizer.settings.working_size
            working = at_working_size(_sliced(grey), size, self.limits)
            check_likeness(key, computed(working)[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """``(…, H, W, 3)``."""
        return (*self.stack.shape, 3)

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Sides of its chunks: one slice, with the stack's own chunks of height and width."""
        leading = self.stack.ndim - 2
        return (1,) * leading + (*self.stack.chunks[leading:], 3)

    def part(self, window: Window) -> da.Array:
        """Colour a window of it, lazily; earlier slices in its chain and those beside are read."""
        if not window:
            return _colored(self.stack.part(()), self.colorizer, (), self.limits, self.dtype)
        *rest, last = window
        start = last.start // LOOK_BACK * LOOK_BACK
        reach = self.colorizer.settings.steadied_slices
        first = max(0, start - reach)
        read = slice(first, min(last.stop + reach, self.stack.shape[len(rest)]))
        grey = _sliced(self.stack.part((*rest, read)))
        keys = [replace(key, slice=key.slice - start) for key in self.keys]
        chains = slice(start - first, last.stop - first)
        colored = _colored(grey, self.colorizer, keys, self.limits, self.dtype, chains)
        return colored[..., last.start - start :, :, :, :]


def _sliced(stack: da.Array) -> da.Array:
    """Cut a stack into chunks of one slice, or parts of one."""
    return stack.rechunk(dict.fromkeys(range(stack.ndim - 2), 1))


def _joined(stack: da.Array, lines: da.Array, limits: Limits, dtype: np.dtype[Any]) -> da.Array:
    """Join every chunk with its part of its slice's chroma field."""
    if stack.numblocks[-2:] != (1, 1):
        # read again: otherwise the whole slice would wait in memory for its field
        stack = clone(stack)
    axes = tuple(range(stack.ndim))
    corners = [da.from_array(np.cumsum([0, *sizes[:-1]]), chunks=1) for sizes in stack.chunks[-2:]]
    height, width, rest = stack.ndim + 1, stack.ndim + 2, stack.ndim + 3
    return da.blockwise(
        _joined_chunk,
        (*axes, rest + 1),
        stack,
        axes,
        lines,
        (*axes[:-2], height, width, rest),
        corners[0],
        axes[-2:-1],
        corners[1],
        axes[-1:],
        shape=stack.shape[-2:],
        limits=limits,
        target_dtype=dtype,
        dtype=dtype,
        new_axes={rest + 1: 3},
        concatenate=True,
        align_arrays=False,
        meta=np.empty((0,) * (stack.ndim + 1), dtype),
    )


def _joined_chunk(
    pixels: AnyArray,
    lines: Image,
    top: AnyArray,
    left: AnyArray,
    *,
    shape: tuple[int, int],
    limits: Limits,
    target_dtype: np.dtype[Any],
) -> AnyArray:
    grey = scaled(pixels.reshape(pixels.shape[-2:]), limits)
    field = ChromaField(lines.reshape(lines.shape[-3:]))
    ab = field.at(grey, shape, int(top.item()), int(left.item()))
    final = as_dtype(colored(grey, ab)[0], target_dtype)
    return final.reshape(*pixels.shape, 3)
