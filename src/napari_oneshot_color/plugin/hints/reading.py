"""Reads hints from layers: labels in the hints' colours, points and shapes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.hints.labels import add_colors, noted_labels
from napari_oneshot_color.plugin.hints.marks import Placement, areas_of_points, areas_of_shapes
from napari_oneshot_color.plugin.hints.rasterizing import rasterized
from napari_oneshot_color.plugin.layers.labels import put_labels
from napari_oneshot_color.plugin.runs.history import Drawn
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer, Points, Shapes

__all__ = [
    "Read",
    "drawn_on",
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
    """Return whether a layer is a Labels layer."""
    from napari.layers import Labels

    return isinstance(layer, Labels)


def is_points(layer: Any) -> TypeGuard[Points]:
    """Return whether a layer is a Points layer."""
    from napari.layers import Points

    return isinstance(layer, Points)


def is_shapes(layer: Any) -> TypeGuard[Shapes]:
    """Return whether a layer is a Shapes layer."""
    from napari.layers import Shapes

    return isinstance(layer, Shapes)


def edits_of(layer: Layer) -> tuple[str, ...]:
    """Return the events of a layer after which its hints may have changed."""
    if is_labels(layer):
        return _EDITS_OF_LABELS
    return _EDITS_OF_POINTS if is_points(layer) else _EDITS_OF_SHAPES


def noted(layer: Layer, onto: Image, shape: tuple[int, int]) -> Read:
    """Return a function that reads the hints of a layer; this itself is quick.

    Parameters
    ----------
    layer : napari.layers.Labels, Points or Shapes
        Labels of the target's size; or points or shapes, each with its own colour and size.
    onto : napari.layers.Image
        A layer with the target's geometry.
    shape : tuple of int
        Height and width of the target in px.

    Returns
    -------
    callable
        Returns the hints, or None if there are none. This takes a moment for a large target:
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


def drawn_on(layer: Layer, hints: Hints | None) -> Drawn:
    """Store the content of a layer, so that it can be restored.

    Parameters
    ----------
    layer : napari.layers.Labels, Points or Shapes
        The layer in its current state.
    hints : Hints or None
        The hints that were read from it.
    """
    if is_labels(layer):
        return Drawn(layer, partial(_put_labels, layer, hints))
    _, state, _ = layer.as_layer_data_tuple()
    if is_points(layer):
        names: tuple[str, ...] = ("size", "face_color", "shown")
        kept: dict[str, Any] = {name: np.array(state[name]) for name in names}
        return Drawn(layer, partial(_put_points, layer, np.array(layer.data), kept))
    assert is_shapes(layer)
    names = ("shape_type", "edge_width", "edge_color", "face_color", "z_index")
    kept = {name: list(state[name]) for name in names}
    return Drawn(layer, partial(_put_shapes, layer, [np.array(one) for one in layer.data], kept))


def _put_labels(layer: Labels, hints: Hints | None) -> None:
    if hints is None:
        put_labels(layer, np.zeros(layer.data.shape, np.uint8))
        return
    add_colors(layer, hints.colors)
    put_labels(layer, hints.labels)


def _put_points(layer: Points, data: NDArray[Any], state: dict[str, Any]) -> None:
    layer.selected_data = set()
    layer.data = data.copy()
    for name, value in state.items():
        setattr(layer, name, value)


def _put_shapes(layer: Shapes, data: list[NDArray[Any]], state: dict[str, Any]) -> None:
    layer.selected_data = set()
    layer.data = []
    if data:
        layer.add(data, **state)


def _painted(read: Callable[[], tuple[NDArray[np.integer], dict[int, Color]]]) -> Hints | None:
    labels, colors = read()
    return Hints(labels, colors) if labels.any() else None
