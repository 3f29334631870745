"""The colours of a hints layer, and the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_oneshot_color.plugin.hints import labels
from napari_oneshot_color.plugin.hints.labels import rgb
from napari_oneshot_color.plugin.hints.marks import drawn_colors
from napari_oneshot_color.plugin.hints.reading import is_labels
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    from napari.layers import Labels, Points, Shapes

__all__ = ["Brush", "brush_of"]


class Brush(Protocol):
    """Paints on a layer with one of its colours.

    Attributes
    ----------
    layer : napari.layers.Layer
        The hints layer.
    events : tuple of str
        Events of the layer after which the colours may have changed.
    """

    layer: Any
    events: tuple[str, ...]

    @property
    def colors(self) -> dict[int, Color]:
        """The colours by number, sRGB in [0, 1]."""

    @property
    def current(self) -> int:
        """Number of the current colour, which need not be one of `colors`."""

    @property
    def sentence(self) -> str:
        """A sentence for the user."""

    def change(self, color: Color) -> None:
        """Change the current colour, and the colour of selected items."""

    def add(self, color: Color) -> None:
        """Add a colour and paint with it.

        Raises
        ------
        BadPairError
            If the layer cannot have more colours.
        """

    def take(self, number: int) -> None:
        """Paint with one of the colours."""


def brush_of(layer: Labels | Points | Shapes) -> Brush:
    """Return the brush for a layer."""
    return _LabelsBrush(layer) if is_labels(layer) else _MarksBrush(layer)


class _LabelsBrush:
    """Paints labels, each with its own colour."""

    def __init__(self, layer: Labels) -> None:
        self.layer: Any = layer
        self.events: tuple[str, ...] = ("selected_label",)  # a new colormap emits it, too

    @property
    def colors(self) -> dict[int, Color]:
        return labels.colors_of(self.layer)

    @property
    def current(self) -> int:
        return int(self.layer.selected_label)

    @property
    def sentence(self) -> str:
        if self.current == 0:
            return "Label 0 erases hints."
        if self.current not in self.colors:
            return f"Label {self.current} has no colour yet. Give it one."
        return "A dab is enough: it spreads along smooth grey."

    def change(self, color: Color) -> None:
        if self.current:
            labels.set_color(self.layer, self.current, color)

    def add(self, color: Color) -> None:
        self.take(labels.add_color(self.layer, color))

    def take(self, number: int) -> None:
        self.layer.selected_label = number
        self.layer.mode = "paint"


class _MarksBrush:
    """Adds points and shapes, each with its own colour; the next one gets the current colour."""

    def __init__(self, layer: Points | Shapes) -> None:
        self.layer: Any = layer
        self._draws_lines = hasattr(layer, "current_edge_color")
        kinds = ("face", "edge") if self._draws_lines else ("face",)
        colors = [f"{when}{kind}_color" for when in ("", "current_") for kind in kinds]
        self.events: tuple[str, ...] = ("data", "set_data", *colors)

    @property
    def colors(self) -> dict[int, Color]:
        drawn = drawn_colors(self.layer)
        drawn = drawn[drawn[:, 3] > 0, :3]
        _, firsts = np.unique(drawn, axis=0, return_index=True)
        colors = [rgb(drawn[first]) for first in np.sort(firsts)]
        if not any(_is_same(color, self._color) for color in colors):
            colors.append(self._color)
        return dict(enumerate(colors, 1))

    @property
    def current(self) -> int:
        colors = self.colors.items()
        return next(number for number, color in colors if _is_same(color, self._color))

    @property
    def sentence(self) -> str:
        return "New and selected items take this colour."

    def change(self, color: Color) -> None:
        if not self._draws_lines:
            self.layer.current_face_color = color
            return
        if _rgba(self.layer.current_face_color)[3] > 0:  # unfilled shapes stay unfilled
            self.layer.current_face_color = color
        self.layer.current_edge_color = color

    def add(self, color: Color) -> None:
        self.layer.selected_data = set()  # they keep their colours
        self.change(color)
        if not str(self.layer.mode).startswith("add"):
            self.layer.mode = "add_polygon" if self._draws_lines else "add"

    def take(self, number: int) -> None:
        self.add(self.colors[number])

    @property
    def _color(self) -> Color:
        face = _rgba(self.layer.current_face_color)
        is_line = self._draws_lines and face[3] == 0
        return rgb(_rgba(self.layer.current_edge_color) if is_line else face)


def _rgba(color: Any) -> Any:
    from napari.utils.colormaps.standardize_color import transform_color

    return transform_color(color)[0]


def _is_same(color: Color, other: Color) -> bool:
    """Return whether colours are equal in 8 bit, to which napari rounds the current colour."""
    return bool(np.allclose(color, other, rtol=0, atol=1 / 255))
