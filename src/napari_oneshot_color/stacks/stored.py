"""A grey stack in a file, not read yet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.pair.tones import grey_values, is_nearly_grey
from napari_oneshot_color.stacks.windows import Window, windows

__all__ = ["LARGEST_IMAGE", "PART", "StoredStack", "as_stack"]

LARGEST_IMAGE = 64_000_000
"""Pixels beyond which an image is coloured in parts, and a page is written in tiles."""

PART = 2048
"""Approximate side in px of the parts of a large image."""


@dataclass(frozen=True)
class StoredStack:
    """A grey stack in a file, not read yet, which can be read without listing its slices.

    Attributes
    ----------
    shape : tuple of int
        ``(…, H, W)``.
    dtype : numpy.dtype
        The file's own.
    chunks : tuple of int
        Sides of the chunks that it is read in.
    part : callable
        Takes one slice, with start and stop, for each of the leading axes, and returns that part
        as a `dask.array.Array`.
    axes : tuple of str or None
        Names of its axes, such as ``("z", "y", "x")``.
    scale : tuple of float or None
        Size of a pixel along each axis.
    units : tuple of str or None
        The scale's unit along each axis; empty where there is none.
    files : tuple of Path
        All of its files, if there are several.
    about : Description or None
        A description of the file, if there is one.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    part: Callable[[Window], da.Array]
    axes: tuple[str, ...] | None = None
    scale: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    files: tuple[Path, ...] = ()
    about: Description | None = None

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.shape)

    @cached_property
    def data(self) -> da.Array:
        """The whole stack; with very many slices this takes long."""
        return self.part(tuple(slice(0, length) for length in self.shape[:-2]))

    @property
    def chunk_count(self) -> int:
        """The number of parts in which it is coloured, over all slices."""
        sides = zip(self.shape[-2:], self.chunks[-2:], strict=True)
        return math.prod(self.shape[:-2]) * math.prod(-(-side // chunk) for side, chunk in sides)

    def parts(self, count: int) -> Iterator[da.Array]:
        """Return it in parts, of about `count` slices each."""
        for window in windows(self.shape[:-2], self.chunks[:-2], count):
            yield self.part(window)


def as_stack(picture: Picture, *, luminance: bool = False) -> StoredStack:
    """Return an image, or its luminance, as a stack of one slice, in parts."""
    image, about = picture.pixels, picture.about
    if image.ndim == 3 and (luminance or is_nearly_grey(image)):
        image = grey_values(image)
    if image.ndim != 2:
        raise BadPairError(
            f"'{about.name}' has colours or alpha, and cannot be coloured into zarr. Convert it to "
            "grey, or ask for its luminance."
        )
    scale = units = None
    if about.pixel_size is not None:
        scale, units = about.pixel_size[:2], (about.pixel_size[2],) * 2
    data = da.from_array(image, chunks=(PART, PART))
    return StoredStack(
        image.shape,
        image.dtype,
        data.chunksize,
        lambda window: data,
        ("y", "x"),
        scale,
        units,
        about=about,
    )
