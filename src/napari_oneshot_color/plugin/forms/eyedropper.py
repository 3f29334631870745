"""An eyedropper: the next click on the canvas takes the colour of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_oneshot_color.plugin.forms.pointing import Place, Pointing, layers_under
from napari_oneshot_color.plugin.layers.snapshot import is_color
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    import napari.viewer
    from qtpy.QtCore import QObject

__all__ = ["Eyedropper"]


class Eyedropper:
    """Takes the colour that is seen under the next click, while no tool of any layer works.

    It is that of the topmost colour image: hints and grey layers are seen through.

    Parameters
    ----------
    viewer : napari.Viewer
        On whose canvas the user clicks.
    owner : QObject
        The widget that it works for, which has to `stop` it when it is hidden.
    """

    taken = Signal(object)
    """The colour, sRGB in [0, 1], and the layer's name; or None where there is no colour."""

    seen = Signal(object)
    """The same, of what the mouse moves over."""

    escaped = Signal()
    """The user pressed Esc."""

    def __init__(self, viewer: napari.viewer.Viewer, owner: QObject) -> None:
        self._viewer = viewer
        self._pointing = Pointing(viewer, self._on_click, self._on_move, owner=owner)
        self._pointing.escaped.connect(self.escaped.emit)

    @property
    def has_colors(self) -> bool:
        """Whether there is a colour image in sight."""
        return any(_is_seen(layer) for layer in self._viewer.layers)

    def start(self) -> None:
        """Wait for a click. A brush that is in hand is put aside: it would paint there."""
        self._pointing.start()

    def stop(self, *_: object) -> None:
        """Wait no more, and give the brush back."""
        self._pointing.stop()

    def _on_click(self, viewer: Any, place: Place) -> None:
        self.taken.emit(_look(viewer, place))

    def _on_move(self, viewer: Any, event: Any) -> None:
        self.seen.emit(_look(viewer, event))


def _look(viewer: Any, place: Any) -> tuple[Color, str] | None:
    for layer in reversed(layers_under(viewer, place)):
        if _is_seen(layer):
            color = _color_at(layer, place.position)
            if color is not None:
                return color, layer.name
    return None


def _is_seen(layer: Any) -> bool:
    return is_color(layer) and layer.visible and layer.opacity > 0


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
