"""The appearance of the regions layer while regions are edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_oneshot_color.plugin.layers.snapshot import is_in

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Labels

__all__ = ["Outlines"]

_CHANGED = ("visible", "contour", "opacity", "colormap")
_THIN = (1.0, 1.0, 1.0, 0.45)
_CHOSEN = (1.0, 0.85, 0.0, 1.0)
_NOTHING = (0.0, 0.0, 0.0, 0.0)


class Outlines:
    """Shows regions as thin outlines, and the selected one as a bright outline.

    Parameters
    ----------
    layers : napari.components.LayerList
        The list with the layer, unless the user has removed it.
    layer : napari.layers.Labels
        The regions, see `plugin.runs.run_layers.RunLayers.show_regions`.
    was_visible : bool
        Whether the layer was visible before.
    """

    def __init__(self, layers: LayerList, layer: Labels, was_visible: bool) -> None:
        self._layers = layers
        self.layer: Any = layer
        self._before = {name: getattr(layer, name) for name in _CHANGED}
        self._before["visible"] = was_visible
        self._chosen: int | None = None
        self.layer.contour = 1
        self.layer.opacity = 1.0
        self.show_chosen()
        layer.events.selected_label.connect(self.show_chosen)

    def show_chosen(self, event: object = None) -> None:
        """Draw the outline of the selected region bright."""
        from napari.utils.colormaps import DirectLabelColormap

        chosen = int(self.layer.selected_label)
        if chosen != self._chosen:  # a new colormap makes the layer emit its label again
            self._chosen = chosen
            shown: Any = {None: _THIN, chosen: _CHOSEN}
            self.layer.colormap = DirectLabelColormap(color_dict={**shown, 0: _NOTHING})

    def end(self) -> None:
        """Restore the appearance of the layer."""
        self.layer.events.selected_label.disconnect(self.show_chosen)
        if is_in(self._layers, self.layer):
            for name, value in self._before.items():
                setattr(self.layer, name, value)
