"""A bar that says what a colormap's colours mean."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter
from qtpy.QtWidgets import QWidget

__all__ = ["ColorBar"]

_HEIGHT = 10  # px of the bar itself
_STOPS = 16
_PLACES = (
    Qt.AlignmentFlag.AlignLeft,
    Qt.AlignmentFlag.AlignHCenter,
    Qt.AlignmentFlag.AlignRight,
)


class ColorBar(QWidget):
    """Shows a colormap from left to right, with numbers below it.

    Parameters
    ----------
    colormap : str
        One of napari's.
    numbers : tuple of float
        What its ends mean, and its middle.
    meaning : str
        What it measures, for screen readers.
    """

    def __init__(self, colormap: str, numbers: tuple[float, float, float], meaning: str) -> None:
        super().__init__()
        self._numbers = numbers
        self._colormap = colormap
        self._gradient: QLinearGradient | None = None
        self.setFixedHeight(_HEIGHT + self.fontMetrics().height() + 2)
        self.setAccessibleName(f"{meaning}, from {numbers[0]:g} to {numbers[-1]:g}")
        self.setToolTip(f"{meaning}.")

    def paintEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Draw the bar and its numbers."""
        painter = QPainter(self)
        width = self.width()
        gradient = self._shades()
        gradient.setFinalStop(QPointF(width, 0))
        painter.fillRect(QRectF(0, 0, width, _HEIGHT), gradient)
        painter.setPen(self.palette().color(self.foregroundRole()))
        below = QRectF(0, _HEIGHT, width, self.height() - _HEIGHT)
        for number, flag in zip(self._numbers, _PLACES, strict=True):
            painter.drawText(below, flag, f"{number:g}")
        painter.end()

    def _shades(self) -> QLinearGradient:
        if self._gradient is None:
            import numpy as np
            from napari.utils.colormaps import ensure_colormap

            self._gradient = QLinearGradient(QPointF(0, 0), QPointF(1, 0))
            places = np.linspace(0, 1, _STOPS)
            for place, color in zip(
                places, ensure_colormap(self._colormap).map(places), strict=True
            ):
                red, green, blue = (float(part) for part in color[:3])
                self._gradient.setColorAt(float(place), QColor.fromRgbF(red, green, blue))
        return self._gradient
