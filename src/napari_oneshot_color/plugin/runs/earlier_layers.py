"""The state of layers before a run that refreshes them, to be restored if it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_oneshot_color.plugin.layers.geometry import Geometry

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["EarlierLayers"]


class EarlierLayers:
    """Stores the state of layers and restores it.

    Visibility is stored at once; everything else when the run changes a layer for the first time,
    because until then hints may still change it, and these changes are kept.

    Parameters
    ----------
    layers : dict
        The layers by kind.
    """

    def __init__(self, layers: dict[str, Layer]) -> None:
        self._seen = {kind: layer.visible for kind, layer in layers.items()}
        self._states: dict[str, dict[str, Any]] = {}

    def __contains__(self, kind: str) -> bool:
        return kind in self._seen

    def note(self, kind: str, layer: Layer) -> None:
        """Store the state of a layer before it is changed."""
        if kind in self and kind not in self._states:
            geometry = Geometry.of(layer)
            # napari empties a layer's metadata in place
            own = {"data": layer.data, "metadata": dict(layer.metadata)}
            if hasattr(layer, "contrast_limits"):
                own["contrast_limits"] = layer.contrast_limits
            self._states[kind] = own | geometry.arguments(geometry.shape)

    def bring_back(self, kind: str, layer: Layer) -> None:
        """Restore the state of a layer."""
        layer.visible = self._seen[kind]
        for name, value in self._states.get(kind, {}).items():
            if name != "data" or layer.data is not value:
                setattr(layer, name, value)
