"""Stacks, and images larger than memory: coloured lazily, chunk by chunk, with dask.

A slice is coloured in three steps, each a layer of the graph: it is shrunk to the working size, in
strips; the colorizer makes its chroma field, a few numbers for each pixel of the working size; and
every chunk of the slice is joined with its part of the field. No step needs a neighbouring chunk,
so there is no halo, and the result does not depend on the chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.graph_manipulation import clone
from numpy.typing import DTypeLike

from napari_oneshot_color.colorizer.colorizer import Colorizer, check_colorizer
from napari_oneshot_color.colorizer.device import on_threads
from napari_oneshot_color.errors import BadPairError, translated_errors
from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.pair.checks import check_array, check_limits
from napari_oneshot_color.pair.limits import LEAST_RANGE, dtype_limits, scaled
from napari_oneshot_color.pair.problems import stack_problem
from napari_oneshot_color.pair.sizes import working_shape
from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.color import colored
from napari_oneshot_color.pixels.resizing import Shrinking
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.windows import Window
from napari_oneshot_color.stages.target import TargetStages
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["ColoredStack", "colorize_stack", "stack_limits"]

_AT_ONCE = 256  # slices whose range is computed together


def colorize_stack(
    colorizer: Colorizer,
    stack: Any,
    *,
    limits: Limits | None = None,
    dtype: DTypeLike = np.uint8,
) -> da.Array:
    """Colour a stack or one large image with a trained colorizer, lazily.

    One colorizer and one pair of limits serve all slices, so that colours do not flicker. Each
    slice comes out as `pipeline.apply_steps` colours it on one thread, whatever the chunks are. A
    slice of a single grey stays grey: stacks often begin or end with one.

    Parameters
    ----------
    colorizer : Colorizer
        Trained here or read from a file. In a cluster it is sent once to each worker, and computes
        there on the worker's GPU, if it has one.
    stack : array
        ``(…, H, W)``, any real dtype; a dask array, or what dask can wrap.
    limits : tuple of float, optional
        Values that become 0 and 1; None takes `stack_limits`, which for other dtypes than unsigned
        integers computes the whole stack once.
    dtype : dtype
        ``uint8`` or ``uint16`` for their full range, or ``float32`` for [0, 1].

    Returns
    -------
    dask.array.Array
        ``(…, H, W, 3)``, sRGB; chunks of one slice, and of the stack's own height and width.

    Raises
    ------
    BadPairError
        If the stack cannot be coloured; and, when it is computed, if a slice holds NaN.
    """
    check_colorizer(colorizer)
    check_array(stack, "The stack is")
    stack = da.asanyarray(stack)
    problem = stack_problem(stack, colorizer.settings)
    if problem:
        raise BadPairError(problem)
    limits = check_limits(stack_limits(stack) if limits is None else limits, "the stack")
    stack = stack.rechunk(dict.fromkeys(range(stack.ndim - 2), 1))
    height, width = stack.shape[-2:]
    small = working_shape(height, width, colorizer.settings.working_size)
    working = _shrunk(stack, Shrinking((height, width), small), limits)
    lines = working.map_blocks(
        _lines,
        dask.delayed(colorizer, pure=True),
        (height, width),
        dtype=np.float32,
        chunks=(*working.chunks, (4,)),
        new_axis=stack.ndim,
        meta=np.empty((0,) * (stack.ndim + 1), np.float32),
        name=f"oneshot-color-{dask.base.tokenize(colorizer, working.name)}",
    )
    return _joined(stack, lines, limits, np.dtype(dtype))


@dataclass(frozen=True)
class ColoredStack:
    """A stack in a file as `colorize_stack` colours it, walked and not listed.

    Attributes
    ----------
    colorizer : Colorizer
        Trained here or read from a file.
    stack : StoredStack
        Grey.
    limits : tuple of float
        Values that become 0 and 1.
    dtype : numpy.dtype
        As in `colorize_stack`.

    Raises
    ------
    BadPairError
        If the stack cannot be coloured.
    """

    colorizer: Colorizer
    stack: StoredStack
    limits: Limits
    dtype: np.dtype[Any]

    def __post_init__(self) -> None:
        problem = stack_problem(self.stack, self.colorizer.settings)
        if problem:
            raise BadPairError(problem)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(…, H, W, 3)``."""
        return (*self.stack.shape, 3)

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Sides of its chunks: of one slice, and of the stack's own height and width."""
        leading = self.stack.ndim - 2
        return (1,) * leading + (*self.stack.chunks[leading:], 3)

    def part(self, window: Window) -> da.Array:
        """Colour a window of it, lazily."""
        grey = self.stack.part(window)
        return colorize_stack(self.colorizer, grey, limits=self.limits, dtype=self.dtype)


def stack_limits(stack: Any) -> Limits:
    """Choose the values that become 0 and 1, one pair for a whole stack.

    Parameters
    ----------
    stack : array or StoredStack
        Any shape and real dtype, perhaps lazy.

    Returns
    -------
    tuple of float
        The range of the dtype for bool and unsigned integers of 8 and 16 bits; else 0 and 1, if all
        values lie there; else the smallest and the largest one.

    Raises
    ------
    BadPairError
        If there are NaN or infinite values, no values, or none that are numbers.
    """
    walked = isinstance(stack, StoredStack)
    stack = stack if walked else da.asanyarray(stack)
    if stack.dtype.kind not in "buif" or 0 in stack.shape:
        raise BadPairError(
            f"A stack of shape {stack.shape} and dtype {stack.dtype} has no grey values. Choose "
            "another array."
        )
    limits = dtype_limits(stack.dtype)
    if limits is not None:
        return limits
    parts = stack.parts(_AT_ONCE) if walked else iter([stack])
    ranges = [dask.compute(part.min(), part.max()) for part in parts]
    low, high = np.min([one for one, _ in ranges]).item(), np.max([one for _, one in ranges]).item()
    if not (np.isfinite(float(low)) and np.isfinite(float(high))):
        raise BadPairError(
            "The stack holds NaN or infinite values. Replace them, for example by zero."
        )
    if stack.dtype.kind == "f" and low >= 0 and high <= 1:
        if 0 < high - low < LEAST_RANGE:
            raise BadPairError(
                f"The stack reaches only from {low:g} to {high:g}, and floats between 0 and 1 are "
                "taken as they are. Give its limits."
            )
        return 0, 1
    return (low, high) if high > low else (low, low + 1)


def _shrunk(stack: da.Array, shrinking: Shrinking, limits: Limits) -> da.Array:
    """Shrink every slice to the working size, ``(…, h, w)`` float32 in chunks of one slice."""
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
    small = shrinking.image(lambda rows: scaled(plane[rows], limits))
    return small.reshape(*pixels.shape[:-2], *shrinking.small)


def _shrunk_strip(
    pixels: AnyArray, shrinking: Shrinking, rows: slice, wanted: slice, limits: Limits
) -> Image:
    small = shrinking.strip(rows, wanted, scaled(pixels.reshape(pixels.shape[-2:]), limits))
    return small.reshape(*pixels.shape[:-2], *small.shape)


def _lines(working: Image, colorizer: Colorizer, shape: tuple[int, int]) -> Image:
    """Make the chroma field of one slice: ``(…, h, w, 4)`` float32."""
    grey = working.reshape(working.shape[-2:])
    if np.ptp(grey) == 0:
        return np.zeros((*working.shape, 4), np.float32)
    with on_threads(1), translated_errors():  # dask has a thread for every core
        stages = TargetStages(grey, colorizer.settings, colorizer.matcher)
        field = stages.field(colorizer, shape)
    return field.lines.reshape(*working.shape, 4)


def _joined(stack: da.Array, lines: da.Array, limits: Limits, dtype: np.dtype[Any]) -> da.Array:
    """Join every chunk with its part of its slice's chroma field."""
    if stack.numblocks[-2:] != (1, 1):
        # read once more: else the whole slice would wait in memory for its field
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
