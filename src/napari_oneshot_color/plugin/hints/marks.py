"""Points and shapes as hints: their areas on the target and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_oneshot_color.plugin.hints.labels import rgb
from napari_oneshot_color.plugin.hints.rasterizing import Area, ellipse, stroke
from napari_oneshot_color.plugin.layers.geometry import Geometry

if TYPE_CHECKING:
    from napari.layers import Image, Layer, Points, Shapes

__all__ = ["Placement", "areas_of_points", "areas_of_shapes", "drawn_colors"]

_LINES = ("line", "path")
_SMALLEST = 0.71  # px; a circle of this radius always contains a pixel centre
_THINNEST = 1.0  # px; a line of this width has no gaps


class Placement:
    """The transform from a layer's coordinates to px of the target.

    Parameters
    ----------
    layer : napari.layers.Layer
        A layer with two or more axes; the target lies in the last two.
    onto : napari.layers.Image
        A layer with the target's geometry.
    shape : tuple of int
        Height and width of the target in px.

    Attributes
    ----------
    magnification, least_magnification : float
        Px of the target per unit of the layer: the mean over all directions, and the smallest.
    """

    def __init__(self, layer: Layer, onto: Image, shape: tuple[int, int]) -> None:
        factor = np.array(shape) / Geometry.of(onto).shape

        def found(place: np.ndarray) -> np.ndarray:
            inside = np.asarray(onto.world_to_data(layer.data_to_world(place)))[-2:]
            moved: np.ndarray = (inside + 0.5) * factor - 0.5
            return moved

        self._origin = found(np.zeros(layer.ndim))
        self._steps = np.array([found(step) for step in np.eye(layer.ndim)[-2:]]) - self._origin
        stretches = np.linalg.svd(self._steps, compute_uv=False)
        self.magnification = float(np.sqrt(stretches.prod()))
        self.least_magnification = float(stretches.min())

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """Transform coordinates on the layer's last two axes, ``(n, 2)``, to ``(n, 2)`` px."""
        placed: np.ndarray = self._origin + places @ self._steps
        return placed


def drawn_colors(layer: Points | Shapes) -> np.ndarray:
    """Return the hint's colour of each point or shape, ``(n, 4)`` RGBA in [0, 1].

    Closed shapes have the colour of their face, or that of their edge if the face is transparent;
    lines and paths have the colour of their edge.
    """
    from napari.layers import Points

    faces = np.reshape(layer.face_color, (-1, 4))
    if isinstance(layer, Points):
        return faces
    is_filled = _are_filled(layer)[:, None]
    return np.where(is_filled, faces, np.reshape(layer.edge_color, (-1, 4)))


def areas_of_points(layer: Points, placed: Placement) -> list[Area]:
    """Return visible points as dots of their face colour and size."""
    centers = placed(np.asarray(layer.data)[:, -2:])
    areas = []
    for center, size, color, is_shown in zip(
        centers, layer.size, drawn_colors(layer), layer.shown, strict=True
    ):
        if is_shown and color[3] > 0:
            radius = max(placed.magnification * size / 2, _SMALLEST)
            dot = ellipse(center, np.array([radius, 0.0]), np.array([0.0, radius]))
            areas.append(Area([dot], rgb(color)))
    return areas


def areas_of_shapes(layer: Shapes, placed: Placement) -> list[Area]:
    """Return shapes as areas of their own colours, in drawing order.

    Unfilled shapes are strokes of their edge's width. In a layer with more axes, shapes in the
    plane of the last two count, at any position along the others.
    """
    data, kinds, widths = layer.data, layer.shape_type, layer.edge_width
    are_filled, colors = _are_filled(layer), drawn_colors(layer)
    areas = []
    for number in np.argsort(layer.z_index, kind="stable").tolist():
        vertices = np.asarray(data[number], float)
        if colors[number][3] == 0 or np.ptp(vertices[:, :-2], axis=0).any():
            continue  # it is invisible, or not in the target's plane
        outline = _outline(kinds[number], vertices[:, -2:])
        if are_filled[number]:
            parts = [outline]
        else:
            width = max(widths[number], _THINNEST / placed.least_magnification)
            parts = stroke(outline, width, is_closed=kinds[number] not in _LINES)
        areas.append(Area([placed(part) for part in parts], rgb(colors[number])))
    return areas


def _are_filled(layer: Shapes) -> np.ndarray:
    are_closed = np.array([kind not in _LINES for kind in layer.shape_type], bool)
    are_opaque: np.ndarray = np.reshape(layer.face_color, (-1, 4))[:, 3] > 0
    are_filled: np.ndarray = are_closed & are_opaque
    return are_filled


def _outline(kind: str, vertices: np.ndarray) -> np.ndarray:
    """Return the outline of a shape; for an ellipse, napari has only four corners."""
    if kind != "ellipse":
        return vertices
    center = vertices.mean(axis=0)
    return ellipse(
        center, (vertices[0] + vertices[1]) / 2 - center, (vertices[1] + vertices[2]) / 2 - center
    )
