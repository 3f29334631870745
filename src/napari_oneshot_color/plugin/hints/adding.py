"""New hints layers with an active tool, and the button that adds them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QAction  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from napari_oneshot_color.plugin.hints.labels import colormap_of
from napari_oneshot_color.plugin.layers.geometry import Geometry
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Labels, Layer, Points, Shapes

    from napari_oneshot_color.pair.hints import Hints

__all__ = ["KINDS", "AddHints", "add_hints_layer", "raise_layer"]

KINDS = {
    "Labels": "Paint and fill with a brush.",
    "Points": "Add and move dots.",
    "Shapes": "Draw and edit polygons, rectangles, ellipses and lines.",
}
"""Kinds of hints layers, and their uses."""

_FIRST = (0.8, 0.3, 0.25)
_BRUSH = 8  # px
_BRUSHES = 64  # widths of the brush along the short side of a large target, so that it is visible
_LARGEST_LABEL = 255
_NARROW = 32  # px


def add_hints_layer(
    layers: LayerList,
    name: str,
    onto: Image,
    shape: tuple[int, int],
    painted: Hints | None = None,
    kind: str = "Labels",
    color: Color = _FIRST,
) -> Any:
    """Add a hints layer with an active tool.

    Parameters
    ----------
    layers : napari.components.LayerList
        The list to which it is added, on top.
    name : str
        Its name.
    onto : napari.layers.Image
        The layer from which it takes its geometry.
    shape : tuple of int
        Height and width of the target in px.
    painted : Hints, optional
        Initial hints, for a Labels layer.
    kind : str
        One of `KINDS`.
    color : tuple of float
        Its first colour, sRGB in [0, 1].
    """
    arguments = {"name": name, **Geometry.of(onto).plane().arguments(shape)}
    width = max(_BRUSH, min(shape) // _BRUSHES)
    new: Any
    if kind == "Points":
        new, tool = _points(width, color, arguments), "add"
    elif kind == "Shapes":
        new, tool = _shapes(width, color, arguments), "add_polygon"
    else:
        new, tool = _labels(shape, painted, width, color, arguments), "paint"
    layers.append(new)
    layer: Any = layers[-1]  # the list returns a proxy to plugins
    layer.mode = tool
    layers.selection.active = layer
    return layer


def _labels(
    shape: tuple[int, int],
    painted: Hints | None,
    width: int,
    color: Color,
    arguments: dict[str, Any],
) -> Labels:
    from napari.layers import Labels

    labels: NDArray[np.integer] = np.zeros(shape, np.uint8)
    colors: dict[int, Color] = {1: color}
    if painted is not None and max(painted.colors) <= _LARGEST_LABEL:
        labels, colors = painted.labels.astype(np.uint8), dict(painted.colors)
    layer = Labels(labels, colormap=colormap_of(colors), **arguments)
    layer.selected_label = min(colors)
    layer.brush_size = width
    return layer


def _points(width: int, color: Color, arguments: dict[str, Any]) -> Points:
    from napari.layers import Points

    return Points(
        ndim=2, size=width, face_color=[color], border_width=0, symbol="disc", **arguments
    )


def _shapes(width: int, color: Color, arguments: dict[str, Any]) -> Shapes:
    from napari.layers import Shapes

    return Shapes(ndim=2, edge_width=width, face_color=[color], edge_color=[color], **arguments)


def raise_layer(layers: LayerList, layer: Layer) -> None:
    """Move a layer to the top and make it visible."""
    place = layers.index(layer)
    if place != len(layers) - 1:
        layers.move(place, len(layers))
    layer.visible = True


class AddHints(QWidget):
    """The button that adds a hints layer, with a menu of its kinds."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton("Add a hints layer")
        self.button.setToolTip("Add an empty layer on top of the image, with the brush active.")
        self.button.clicked.connect(partial(self._want, next(iter(KINDS))))
        self.kinds = QPushButton()
        self.kinds.setFixedWidth(_NARROW)
        self.kinds.setToolTip("Choose labels, points or shapes for the hints.")
        self.kinds.setAccessibleName("Kind of the hints layer")
        menu = QMenu(self.kinds)
        menu.setToolTipsVisible(True)
        for kind, help in KINDS.items():
            action = QAction(kind, menu)
            action.setToolTip(help)
            action.triggered.connect(partial(self._want, kind))
            menu.addAction(action)
        self.kinds.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.kinds)

    def _want(self, kind: str, checked: bool = False) -> None:
        self.wanted.emit(kind)
