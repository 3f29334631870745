"""A frame around what the keyboard works on: napari's style shows it in text fields alone."""

from __future__ import annotations

from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QRectF, Qt
from qtpy.QtGui import QPainter, QPalette, QPen
from qtpy.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from napari_oneshot_color.plugin.forms.form_parts import if_alive

__all__ = ["FocusRing", "Ring"]

_WIDTH = 2  # px
_RADIUS = 3  # px
_FOLLOWED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)


class FocusRing(QObject):
    """Puts a ring around the control of a panel that has the focus.

    Parameters
    ----------
    panel : QWidget
        Whose controls get it.
    """

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self._panel = ref(panel)
        self._ring: Ring | None = None
        application: Any = QApplication.instance()
        application.focusChanged.connect(self._go)

    @if_alive
    def _go(self, before: QWidget | None, now: QWidget | None) -> None:
        ring, self._ring = self._ring, None
        if ring is not None and isalive(ring):  # type: ignore[no-untyped-call]
            ring.hide()  # it may have gone with what it was around
            ring.deleteLater()
        panel = self._panel()
        if panel is None or now is None or isinstance(now, QAbstractScrollArea):
            return
        if panel.isAncestorOf(now):
            self._ring = Ring(now)


class Ring(QWidget):
    """Lies upon a control, and frames it in the colour of its text.

    Parameters
    ----------
    framed : QWidget
        The control.
    """

    def __init__(self, framed: QWidget) -> None:
        super().__init__(framed.parentWidget())
        self._framed = framed
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        framed.installEventFilter(self)
        self._follow()

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Go where the control goes."""
        if event.type() in _FOLLOWED:
            self._follow()
        return False

    def paintEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Draw the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = self._framed.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(color, _WIDTH))
        half = _WIDTH / 2
        frame = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        painter.end()

    def _follow(self) -> None:
        self.setGeometry(self._framed.geometry())
        self.setVisible(self._framed.isVisible())
        self.raise_()
