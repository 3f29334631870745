"""A grey stack in a file, not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dask.array as da

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.pair.tones import grey_values, is_nearly_grey

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
        The scale's unit along each axis; an empty word where there is none.
    files : tuple of Path
        All that it lies in, where there are several.
    about : Description or None
        What was in the file, where that is known.
    """

    data: da.Array
    axes: tuple[str, ...] | None = None
    scale: tuple[float, ...] | None = None
    units: tuple[str, ...] | None = None
    files: tuple[Path, ...] = ()
    about: Description | None = None


def as_stack(picture: Picture, *, luminance: bool = False) -> StoredStack:
    """Take an image that was read as a stack of one slice, in parts; or its luminance."""
    image, about = picture.pixels, picture.about
    if image.ndim == 3 and (luminance or is_nearly_grey(image)):
        image = grey_values(image)
    if image.ndim != 2:
        raise BadPairError(
            f"'{about.name}' has colours or alpha, and cannot be coloured into zarr. Convert it to "
            "grayscale, or ask for its luminance."
        )
    scale = units = None
    if about.pixel_size is not None:
        scale, units = about.pixel_size[:2], (about.pixel_size[2],) * 2
    data = da.from_array(image, chunks=(PART, PART))
    return StoredStack(data, ("y", "x"), scale, units, about=about)
