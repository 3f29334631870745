"""Access to the viewer's grid and camera, which differs between versions of napari."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["View", "fit_to_shown"]


def _grid(viewer: Any) -> Any:
    return viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid


def _camera(viewer: Any) -> Any:
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def fit_to_shown(viewer: Any) -> None:
    """Fit the view to the visible layers; before napari 0.9, to all layers."""
    shown = [layer for layer in viewer.layers if layer.visible]
    takes_some = "layers" in inspect.signature(viewer.reset_view).parameters
    # it needs a layer with the viewer's number of dimensions
    if takes_some and max((layer.ndim for layer in shown), default=0) == viewer.dims.ndim:
        viewer.reset_view(layers=shown)
    else:
        viewer.reset_view()


class View:
    """The visible layers, the camera and the grid of a viewer, to be restored later.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, whose current state is stored.
    """

    def __init__(self, viewer: Any) -> None:
        grid, camera = _grid(viewer), _camera(viewer)
        self._viewer = viewer
        self._grid = {name: getattr(grid, name) for name in ("stride", "shape", "enabled")}
        self._camera = {name: getattr(camera, name) for name in ("center", "zoom", "angles")}
        self._visible = [(layer, layer.visible) for layer in viewer.layers]
        self._active = viewer.layers.selection.active

    def show_side_by_side(self, layers: Sequence[Layer]) -> None:
        """Show only these layers, from left to right in the order of the layer list.

        Layers that are added later are placed among them.
        """
        viewer, grid = self._viewer, _grid(self._viewer)
        for layer in viewer.layers:
            layer.visible = layer in layers
        grid.shape = (-1, -1)
        grid.stride = 1 if hasattr(viewer, "canvas") else -1  # older napari: from the top
        grid.enabled = True
        fit_to_shown(viewer)

    def bring_back(self) -> None:
        """Restore the stored state; layers that were added since are not changed."""
        viewer = self._viewer
        for place, values in ((_grid(viewer), self._grid), (_camera(viewer), self._camera)):
            for name, value in values.items():
                setattr(place, name, value)
        for layer, is_visible in self._visible:
            if layer in viewer.layers:
                layer.visible = is_visible
        if self._active is not None and self._active in viewer.layers:
            viewer.layers.selection.active = self._active
