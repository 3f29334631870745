"""How the layer of the regions looks while they are edited."""

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
    """Shows regions as thin outlines, and the chosen one as a bright one, until told to end.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where the layer is, unless the user removes it.
    layer : napari.layers.Labels
        The regions, as `plugin.runs.run_layers.RunLayers.show_regions` shows them.
    was_visible : bool
        Whether they were seen before.
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
        if chosen != self._chosen:  # another colormap makes the layer tell of its label again
            self._chosen = chosen
            shown: Any = {None: _THIN, chosen: _CHOSEN}
            self.layer.colormap = DirectLabelColormap(color_dict={**shown, 0: _NOTHING})

    def end(self) -> None:
        """Make the layer look as it did."""
        self.layer.events.selected_label.disconnect(self.show_chosen)
        if is_in(self._layers, self.layer):
            for name, value in self._before.items():
                setattr(self.layer, name, value)
