"""Clicks on the canvas that mean something to a panel, until Esc."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication

from napari_oneshot_color.plugin.layers.snapshot import is_in

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

__all__ = ["Place", "Pointing", "layers_under"]

_STILL = 5  # px of the screen: a click may move that far, a pan moves farther
_AT_REST = ("pan_zoom", "transform")


@dataclass(frozen=True)
class Place:
    """Where the mouse was.

    Attributes
    ----------
    position : tuple of float
        In the world.
    viewbox : object
        Which part of a grid.
    """

    position: tuple[float, ...]
    viewbox: Any


class Pointing:
    """Waits for clicks on the canvas, while no tool of any layer works.

    Only one waits in a viewer: when another one starts, the first ends as if the user pressed Esc.

    Parameters
    ----------
    viewer : napari.Viewer
        On whose canvas the user clicks.
    clicked : callable
        Is given the viewer and the place where the mouse was pressed.
    moved : callable, optional
        Is given the viewer and napari's event when the mouse moves over the canvas.
    owner : QObject
        The widget that it works for, which has to `stop` it when it is hidden.
    """

    escaped = Signal()
    """The user pressed Esc. Whoever waits decides what that ends."""

    _now: ClassVar[WeakKeyDictionary[Any, Pointing]] = WeakKeyDictionary()

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        clicked: Callable[[Any, Place], None],
        moved: Callable[[Any, Any], None] | None = None,
        *,
        owner: QObject,
    ) -> None:
        self._key = _EscapeKey(owner, self.escaped.emit)
        self._viewer = viewer
        self._clicked = clicked
        self._moved = moved
        self._tool: tuple[Layer, str] | None = None
        self.is_on = False

    def start(self) -> None:
        """Wait for clicks. An active brush is put aside, because it would paint there."""
        if self.is_on:
            return
        viewer = getattr(self._viewer, "__wrapped__", self._viewer)
        before = self._now.get(viewer)
        if before is not None and before.is_on:
            before.escaped.emit()
        self._now[viewer] = self
        self.is_on = True
        self._viewer.mouse_drag_callbacks.insert(0, self._on_press)
        if self._moved is not None:
            self._viewer.mouse_move_callbacks.append(self._moved)
        active = self._viewer.layers.selection.active
        if active is not None:
            self._tool = active, str(active.mode)
            active.mode = "pan_zoom"
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self._key)

    def stop(self, *_: object) -> None:
        """Stop waiting, and give the brush back."""
        if not self.is_on:
            return
        self.is_on = False
        self._viewer.mouse_drag_callbacks.remove(self._on_press)
        if self._moved is not None:
            self._viewer.mouse_move_callbacks.remove(self._moved)
        application = QApplication.instance()
        if application is not None and isalive(self._key):  # type: ignore[no-untyped-call]
            application.removeEventFilter(self._key)
        if self._tool is not None:
            layer, mode = self._tool
            self._tool = None
            if is_in(self._viewer.layers, layer) and str(layer.mode) in _AT_REST:
                layer.mode = mode

    def _on_press(self, viewer: Any, event: Any) -> Generator[None, None, None]:
        active = viewer.layers.selection.active
        if active is not None and str(active.mode) not in _AT_REST:
            return  # the user has taken up another tool
        place = Place(tuple(event.position), getattr(event, "viewbox", None))
        start, farthest = np.array(event.pos, float), 0.0
        yield
        while event.type == "mouse_move":
            farthest = max(farthest, float(np.linalg.norm(np.array(event.pos) - start)))
            yield
        if self.is_on and farthest <= _STILL:
            self._clicked(viewer, place)


class _EscapeKey(QObject):
    """Notices Esc while it filters the application's events."""

    def __init__(self, owner: QObject, pressed: Callable[[], None]) -> None:
        super().__init__(owner)  # otherwise it might be destroyed in another thread
        self._pressed = pressed

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Notice Esc, wherever the focus is; napari's own shortcut for it has to wait."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() not in kinds or event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        else:
            self._pressed()
        return True


def layers_under(viewer: Any, place: Any) -> list[Any]:
    """List the layers in the part of the canvas where the mouse is: in a grid, it is one part.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose canvas it is.
    place : Place or napari's event
        Where the mouse is.
    """
    layers = list(viewer.layers)
    grid = getattr(viewer, "canvas", viewer).grid  # until napari 0.9 it was the viewer's own
    if grid.enabled and hasattr(grid, "contents_at"):
        return [layers[index] for index in grid.contents_at(place.viewbox, layers)]
    return layers
