"""Layers that hold hints: labels in the hints' own colours, and points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.plugin.layers import Geometry

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Labels, Layer, Points

__all__ = [
    "Color",
    "Painted",
    "add_color",
    "add_hints_layer",
    "colors_of",
    "is_labels",
    "is_points",
    "painted_on",
    "set_color",
]

Color = tuple[float, float, float]

_FIRST = (0.8, 0.3, 0.25)
_BRUSH = 8  # px
_MOST = 255  # labels: napari draws those of one byte fastest
_NOTHING = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Painted:
    """What a layer says of the colours, at the target's full size.

    The core's `Hints` are made of it in the thread: their module needs torch.

    Parameters
    ----------
    labels : ndarray
        ``(H, W)`` int32; 0 is no hint.
    colors : dict
        sRGB in [0, 1] of every label.
    """

    labels: NDArray[np.int32]
    colors: dict[int, Color]

    def is_like(self, other: Painted | None) -> bool:
        """Whether another one says the same."""
        return (
            other is not None
            and self.colors == other.colors
            and np.array_equal(self.labels, other.labels)
        )


def is_labels(layer: Any) -> TypeGuard[Labels]:
    """Whether a layer is one of labels."""
    from napari.layers import Labels

    return isinstance(layer, Labels)


def is_points(layer: Any) -> TypeGuard[Points]:
    """Whether a layer is one of points."""
    from napari.layers import Points

    return isinstance(layer, Points)


def add_hints_layer(
    layers: LayerList,
    name: str,
    onto: Image,
    shape: tuple[int, int],
    painted: Painted | None = None,
) -> Labels:
    """Add a layer to paint hints on, with the brush in hand.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where it goes, on top.
    name : str
        Its name.
    onto : napari.layers.Image
        Lends it its geometry.
    shape : tuple of int
        Height and width of the target in px.
    painted : Painted, optional
        Hints to begin with.
    """
    from napari.layers import Labels

    labels = np.zeros(shape, np.uint8)
    colors: dict[int, Color] = {1: _FIRST}
    if painted is not None and max(painted.colors) <= _MOST:
        labels = painted.labels.astype(np.uint8)
        colors = painted.colors
    geometry = Geometry.of(onto).plane().arguments(shape)
    layers.append(Labels(labels, name=name, colormap=_colormap(colors), **geometry))
    layer: Any = layers[-1]
    layer.selected_label = min(colors)
    layer.brush_size = _BRUSH
    layer.mode = "paint"
    layers.selection.active = layer
    return layer


def colors_of(layer: Labels) -> dict[int, Color]:
    """Read the colours in which a layer shows its labels, sRGB in [0, 1]."""
    from napari.utils.colormaps import DirectLabelColormap

    if isinstance(layer.colormap, DirectLabelColormap):
        shown = layer.colormap.color_dict.items()
        return {label: _rgb(color) for label, color in shown if label and color[3] > 0}
    used = {*np.unique(np.asarray(layer.data)).tolist(), int(layer.selected_label)}
    return {label: _rgb(layer.get_color(label)) for label in sorted(used - {0})}


def set_color(layer: Labels, label: int, color: Color) -> None:
    """Show a label in another colour, which is the hint's from now on."""
    layer.colormap = _colormap({**colors_of(layer), label: color})


def add_color(layer: Labels, color: Color) -> int:
    """Give a colour a label of its own, and return the label.

    Raises
    ------
    BadPairError
        If the layer has no label left.
    """
    taken = colors_of(layer)
    free = [label for label in range(1, _MOST + 1) if label not in taken]
    if not free:
        raise BadPairError(f"A hints layer has {_MOST} colours at most. Change one of them.")
    set_color(layer, free[0], color)
    return free[0]


def painted_on(layer: Layer, onto: Image, shape: tuple[int, int]) -> Painted | None:
    """Read the hints that a layer holds, or None if there are none.

    Parameters
    ----------
    layer : napari.layers.Labels or Points
        Labels of the target's size; or points, each a dot of its own colour and size.
    onto : napari.layers.Image
        Lies where the target lies.
    shape : tuple of int
        Height and width of the target in px.
    """
    if is_points(layer):
        return _dots(layer, onto, shape)
    assert is_labels(layer)
    labels = np.array(layer.data, np.int32)
    return Painted(labels, colors_of(layer)) if labels.any() else None


def _dots(layer: Points, onto: Image, shape: tuple[int, int]) -> Painted | None:
    from skimage.draw import disk

    labels = np.zeros(shape, np.int32)
    colors: dict[Color, int] = {}
    for place, size, color, is_shown in zip(
        layer.data, layer.size, layer.face_color, layer.shown, strict=True
    ):
        if not is_shown or color[3] == 0:
            continue
        label = colors.setdefault(_rgb(color), len(colors) + 1)
        center, width = _in_target(layer, place, onto, shape)
        labels[disk(center, max(width * size / 2, 0.71), shape=shape)] = label
    if not labels.any():
        return None
    return Painted(labels, {label: color for color, label in colors.items()})


def _in_target(
    layer: Layer, place: np.ndarray, onto: Image, shape: tuple[int, int]
) -> tuple[np.ndarray, float]:
    """Find a point in the target, and how many of its px one unit of the point's layer has."""
    factor = np.array(shape) / Geometry.of(onto).shape

    def found(point: np.ndarray) -> np.ndarray:
        inside = np.asarray(onto.world_to_data(layer.data_to_world(point)))[-2:]
        moved: np.ndarray = (inside + 0.5) * factor - 0.5
        return moved

    steps = np.eye(len(place))[-2:]
    center = found(place)
    sides = np.array([found(place + step) - center for step in steps])
    return center, float(np.sqrt(abs(np.linalg.det(sides))))


def _rgb(color: np.ndarray) -> Color:
    red, green, blue = (float(part) for part in color[:3])
    return red, green, blue


def _colormap(colors: dict[int, Color]) -> Any:
    from napari.utils.colormaps import DirectLabelColormap

    shown: Any = {None: _NOTHING, 0: _NOTHING}
    return DirectLabelColormap(color_dict={**shown, **colors})
