"""An eyedropper: the next click on the canvas takes the colour of an image."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.plugin.layers.snapshot import is_color, is_in
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

__all__ = ["Eyedropper"]


class Eyedropper:
    """Takes the colour that is seen under the next click, while no tool of any layer works.

    It is that of the topmost colour image: hints and grey layers are seen through.

    Parameters
    ----------
    viewer : napari.Viewer
        On whose canvas the user clicks.
    taken : callable
        Is given the colour, sRGB in [0, 1], and the layer's name; or None where there is no colour.
    """

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        taken: Callable[[tuple[Color, str] | None], None],
    ) -> None:
        self._viewer = viewer
        self._taken = taken
        self._tool: tuple[Layer, str] | None = None
        self._is_on = False

    def start(self) -> None:
        """Wait for a click. A brush that is in hand is put aside: it would paint there."""
        if self._is_on:
            return
        self._is_on = True
        self._viewer.mouse_drag_callbacks.insert(0, self._on_press)
        active = self._viewer.layers.selection.active
        if active is not None:
            self._tool = active, str(active.mode)
            active.mode = "pan_zoom"

    def stop(self, *_: object) -> None:
        """Wait no more, and give the brush back."""
        if not self._is_on:
            return
        self._is_on = False
        self._viewer.mouse_drag_callbacks.remove(self._on_press)
        if self._tool is not None:
            layer, mode = self._tool
            self._tool = None
            if is_in(self._viewer.layers, layer):
                layer.mode = mode

    def _on_press(self, viewer: Any, event: Any) -> Generator[None, None, None]:
        found = _look(viewer, event)
        yield
        while event.type == "mouse_move":
            yield
        if self._is_on:
            self._taken(found)


def _look(viewer: Any, event: Any) -> tuple[Color, str] | None:
    for layer in reversed(_under(viewer, event)):
        if is_color(layer) and layer.visible and layer.opacity > 0:
            color = _color_at(layer, event.position)
            if color is not None:
                return color, layer.name
    return None


def _under(viewer: Any, event: Any) -> list[Any]:
    """List the layers in the part of the canvas where the mouse is: in a grid, it is one part."""
    layers = list(viewer.layers)
    grid = getattr(viewer, "canvas", viewer).grid  # until napari 0.9 it was the viewer's own
    if grid.enabled and hasattr(grid, "contents_at"):
        return [layers[index] for index in grid.contents_at(event.viewbox, layers)]
    return layers


def _color_at(layer: Any, position: Any) -> Color | None:
    value = layer.get_value(position, world=True)
    if layer.multiscale:
        value = value[1]
    if value is None:
        return None
    pixel = np.asarray(value, np.float64)
    low, high = layer.contrast_limits
    red, green, blue = np.clip((pixel[:3] - low) / (high - low), 0, 1).tolist()
    return None if pixel[3:].tolist() == [0] else (red, green, blue)
