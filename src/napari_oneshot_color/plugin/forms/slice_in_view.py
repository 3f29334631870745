"""Which slice of a stack the viewer shows, and a signal when that changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal  # type: ignore[attr-defined]

from napari_oneshot_color.plugin.forms.form_parts import if_alive
from napari_oneshot_color.plugin.layers.targets import index_in_view, target_in_view

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = ["SliceInView"]

_REST = 200  # ms without a move: while a stack plays, its slices are not read one by one


class SliceInView(QObject):
    """Reads the slice in view, and signals when the sliders rest at another one.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Has the sliders.
    layer : callable
        Returns the layer whose slices matter just now, or None.
    parent : QObject
        The form that it belongs to, and with which it is destroyed.
    """

    changed = Signal()
    """Another slice of the layer has come to rest in view."""

    def __init__(
        self, viewer: napari.viewer.Viewer, layer: Callable[[], Image | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._dims = viewer.dims
        self._layer = layer
        self._last: tuple[int, ...] = ()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._look)
        self._dims.events.point.connect(self._on_moved)

    def take(self, layer: Image, smallest_side: int | None = None) -> LayerImage:
        """Take what a run needs of a target, as `target_in_view` does."""
        return target_in_view(layer, self._dims.point, smallest_side)

    def index(self, layer: Image | None) -> tuple[int, ...]:
        """Return the place of the slice in view; nothing for a single image, or for none."""
        return () if layer is None else index_in_view(layer, self._dims.point)

    @if_alive
    def _on_moved(self, event: object = None) -> None:
        if self.index(self._layer()) != self._last:
            self._rest.start()

    def _look(self) -> None:
        index = self.index(self._layer())
        if index != self._last:
            self._last = index
            self.changed.emit()
