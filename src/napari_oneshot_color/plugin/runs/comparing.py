"""Compares the coloured image with the grey one below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_oneshot_color.plugin.layers.snapshot import is_in

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Layer

    from napari_oneshot_color.plugin.runs.finished import Finished

__all__ = ["Comparison"]


class Comparison:
    """Fades the final layer of a run for a comparison, and restores everything at the end.

    Parameters
    ----------
    layers : napari.components.LayerList
        The layers of the viewer.
    finished : Finished
        The run. Its target is shown below, if the layer still exists.
    """

    def __init__(self, layers: LayerList, finished: Finished) -> None:
        assert finished.run is not None
        self._list = layers
        self._final: Layer | None = finished.run.layers.final
        target = finished.target_in(layers)
        self._below = [] if target is None else [target]
        self._visible = [layer.visible for layer in self._below]
        self._opacity = 1.0 if self._final is None else self._final.opacity

    def show(self, part: float) -> None:
        """Show a share of the colour: 0 is the grey image, 1 the coloured one."""
        for layer in self._below:
            if is_in(self._list, layer):
                layer.visible = True
        if self._final is not None and is_in(self._list, self._final):
            self._final.opacity = part * self._opacity

    def end(self) -> None:
        """Restore what was visible before."""
        self.show(1.0)
        for layer, is_visible in zip(self._below, self._visible, strict=True):
            if is_in(self._list, layer):
                layer.visible = is_visible
