"""Reads an OME-Zarr description of an image: its levels, their axes and pixel sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Level", "finest_level"]

_FIRST_AXES = ("t", "c", "z", "y", "x")  # in versions that did not name them yet


@dataclass(frozen=True)
class Level:
    """One level of a multiscale image.

    Attributes
    ----------
    path : str
        Where its array is within the group.
    axes : tuple of str
        Names of its axes, such as ``("z", "y", "x")``.
    scale : tuple of float or None
        Size of a pixel along each axis.
    units : tuple of str or None, optional
        The scale's unit along each axis; empty where there is none.
    """

    path: str
    axes: tuple[str, ...]
    scale: tuple[float, ...] | None
    units: tuple[str, ...] | None


def finest_level(attributes: Mapping[str, Any]) -> Level | None:
    """Find the finest level of a group's first image.

    Parameters
    ----------
    attributes : mapping
        Those of the group; ``multiscales`` up to version 0.4, ``ome.multiscales`` from 0.5 on.

    Returns
    -------
    Level or None
        None if the group holds no OME-Zarr image.

    Raises
    ------
    ValueError
        If the description is incomplete or contradicts itself.
    """
    inner = attributes.get("ome", attributes)
    found = inner.get("multiscales") if isinstance(inner, Mapping) else None
    if not found:
        return None
    try:
        image = found[0]
        dataset = image["datasets"][0]
        described = [_axis(axis) for axis in image.get("axes", _FIRST_AXES)]
        axes, units = (tuple(words) for words in zip(*described, strict=True))
        scales = [_scale(part, len(axes)) for part in (dataset, image)]
        path = dataset["path"]
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise ValueError("the description of the image is incomplete") from error
    if not isinstance(path, str):
        raise ValueError("the level has no path")
    known = [scale for scale in scales if scale is not None]
    scale = tuple(math.prod(sizes) for sizes in zip(*known, strict=True)) if known else None
    return Level(path, axes, scale, units if any(units) else None)


def _axis(entry: Any) -> tuple[str, str]:
    """Return the name and unit of an axis."""
    if isinstance(entry, str):
        return entry, ""
    return str(entry["name"]), str(entry.get("unit") or "")


def _scale(part: Mapping[str, Any], count: int) -> tuple[float, ...] | None:
    """Find the scale among the transformations of a level or of the whole image."""
    transformations: Sequence[Any] = part.get("coordinateTransformations") or ()
    for transformation in transformations:
        if transformation["type"] == "scale":
            scale = tuple(float(size) for size in transformation["scale"])
            if len(scale) != count or not all(math.isfinite(s) and s > 0 for s in scale):
                raise ValueError("the scale does not fit the axes")
            return scale
    return None
