"""A grey stack in a file, not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dask.array as da

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.types import AnyArray

__all__ = ["LARGEST_IMAGE", "PART", "StoredStack", "as_stack"]

LARGEST_IMAGE = 64_000_000
"""Pixels beyond which an image is coloured in parts, and a page is written in tiles."""

PART = 2048
"""Side in px of the parts of a large image, about."""


@dataclass(frozen=True)
class StoredStack:
    """A grey stack in a file, not read yet.

    Attributes
    ----------
    data : dask.array.Array
        ``(…, H, W)``, the dtype of the file.
    axes : tuple of str or None
        Names of its axes, such as ``("z", "y", "x")``.
    scale : tuple of float or None
        Size of a pixel along each axis.
    units : tuple of str or None
        Of the scale along each axis, an empty word where none is told.
    """

    data: da.Array
    axes: tuple[str, ...] | None = None
    scale: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None


def as_stack(image: AnyArray, path: Path) -> StoredStack:
    """Take an image that was read as a stack of one slice, in parts."""
    if image.ndim != 2:
        raise BadPairError(
            f"'{path.name}' has colours or alpha, and cannot be coloured into zarr. Convert it to "
            "grayscale."
        )
    return StoredStack(da.from_array(image, chunks=(PART, PART)), ("y", "x"))
