"""Rasterises areas, each of one colour, to pixels of the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_oneshot_color.types import Color

__all__ = ["Area", "ellipse", "rasterized", "stroke"]

_CORNERS = 64  # of the polygon that approximates an ellipse

Polygon = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """An area of the target with one colour.

    Parameters
    ----------
    polygons : sequence of ndarray
        ``(n, 2)`` float, y and x in px; the centre of the first pixel is at (0, 0).
    color : tuple of float
        sRGB in [0, 1].
    """

    polygons: Sequence[Polygon]
    color: Color


def rasterized(
    areas: Sequence[Area], shape: tuple[int, int]
) -> tuple[NDArray[np.int32], dict[int, Color]]:
    """Draw areas over one another, the last on top.

    Parameters
    ----------
    areas : sequence of Area
        The areas; those of the same colour get the same label.
    shape : tuple of int
        Height and width in px.

    Returns
    -------
    labels : ndarray
        ``(H, W)`` int32; 0 means no area.
    colors : dict
        sRGB in [0, 1] of every label, including those outside the image.
    """
    labels = np.zeros(shape, np.int32)
    names: dict[Color, int] = {}
    for area in areas:
        name = names.setdefault(area.color, len(names) + 1)
        for corners in area.polygons:
            for row, start, stop in _runs(corners, shape):
                labels[row, start:stop] = name
    return labels, {name: color for color, name in names.items()}


def ellipse(center: Polygon, first: Polygon, second: Polygon) -> Polygon:
    """Return the outline of an ellipse.

    Parameters
    ----------
    center, first, second : ndarray
        ``(2,)`` float: its centre, and two conjugate radii as vectors.

    Returns
    -------
    ndarray
        ``(n, 2)`` float.
    """
    angles = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)[:, None]
    outline: Polygon = center + np.cos(angles) * first + np.sin(angles) * second
    return outline


def stroke(path: Polygon, width: float, *, is_closed: bool) -> list[Polygon]:
    """Return the outline of a wide line: a rectangle for each segment, with round joins.

    Parameters
    ----------
    path : ndarray
        ``(n, 2)`` float, the centre line.
    width : float
        Width of the line, in the same unit.
    is_closed : bool
        Whether it returns to its first point.

    Returns
    -------
    list of ndarray
        Polygons, each ``(m, 2)`` float.
    """
    ends = np.roll(path, -1, axis=0) if is_closed else path[1:]
    starts = path if is_closed else path[:-1]
    half = width / 2
    outlines = []
    for start, end in zip(starts, ends, strict=True):
        length = float(np.hypot(*(end - start)))
        if length > 0:
            side = (end - start)[::-1] * (half / length) * (1, -1)
            outlines.append(np.array([start - side, start + side, end + side, end - side]))
    joints = path if is_closed else path[1:-1]
    outlines += [ellipse(joint, np.array([half, 0.0]), np.array([0.0, half])) for joint in joints]
    return outlines


def _runs(corners: Polygon, shape: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    """List the pixels whose centres are in a polygon, as rows with ranges of columns.

    The time does not grow with the product of corners and pixels.
    """
    others = np.roll(corners, -1, axis=0)
    upper = np.minimum(corners[:, 0], others[:, 0])
    lower = np.maximum(corners[:, 0], others[:, 0])
    first, last = (np.clip(np.ceil(y), 0, shape[0]).astype(int) for y in (upper, lower))
    count = last - first  # rows that a side crosses; the end belongs to the next side
    side = np.repeat(np.arange(len(corners)), count)
    rows = first[side] + np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count)
    (y, x), (height, width) = corners[side].T, (others - corners)[side].T
    columns = np.clip(np.ceil(x + (rows - y) * width / height), 0, shape[1]).astype(int)
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    return zip(rows[::2].tolist(), columns[::2].tolist(), columns[1::2].tolist(), strict=True)
