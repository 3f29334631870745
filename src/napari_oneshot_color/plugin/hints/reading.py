"""Layers that hold hints: labels in the hints' own colours, points, and shapes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.hints.labels import noted_labels
from napari_oneshot_color.plugin.hints.marks import Placement, areas_of_points, areas_of_shapes
from napari_oneshot_color.plugin.hints.rasterizing import rasterized
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer, Points, Shapes

__all__ = [
    "Read",
    "edits_of",
    "is_labels",
    "is_points",
    "is_shapes",
    "noted",
]

_EDITS_OF_LABELS = ("paint", "set_data", "colormap")
_EDITS_OF_POINTS = ("data", "set_data", "face_color", "current_face_color", "size")
_EDITS_OF_SHAPES = ("data", "set_data", "face_color", "edge_color", "edge_width")


Read = Callable[[], Hints | None]


def is_labels(layer: Any) -> TypeGuard[Labels]:
    """Whether a layer is one of labels."""
    from napari.layers import Labels

    return isinstance(layer, Labels)


def is_points(layer: Any) -> TypeGuard[Points]:
    """Whether a layer is one of points."""
    from napari.layers import Points

    return isinstance(layer, Points)


def is_shapes(layer: Any) -> TypeGuard[Shapes]:
    """Whether a layer is one of shapes."""
    from napari.layers import Shapes

    return isinstance(layer, Shapes)


def edits_of(layer: Layer) -> tuple[str, ...]:
    """List a layer's events after which its hints may be others."""
    if is_labels(layer):
        return _EDITS_OF_LABELS
    return _EDITS_OF_POINTS if is_points(layer) else _EDITS_OF_SHAPES


def noted(layer: Layer, onto: Image, shape: tuple[int, int]) -> Read:
    """Note what a layer holds, at once.

    Parameters
    ----------
    layer : napari.layers.Labels, Points or Shapes
        Labels of the target's size; or points and shapes, each of its own colour and size.
    onto : napari.layers.Image
        Lies where the target lies.
    shape : tuple of int
        Height and width of the target in px.

    Returns
    -------
    callable
        Reads the hints from that, or None if there are none. Of a large target it takes a moment:
        call it in a thread.
    """
    if is_labels(layer):
        return partial(_painted, noted_labels(layer))
    placed = Placement(layer, onto, shape)
    if is_points(layer):
        areas = areas_of_points(layer, placed)
    else:
        assert is_shapes(layer)
        areas = areas_of_shapes(layer, placed)
    return partial(_painted, partial(rasterized, areas, shape))


def _painted(read: Callable[[], tuple[NDArray[np.integer], dict[int, Color]]]) -> Hints | None:
    labels, colors = read()
    return Hints(labels, colors) if labels.any() else None
