"""A slider between grey and colour, and a button that shows the grey while it is held."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

__all__ = ["CompareRow"]

_STEPS = 100


class CompareRow(QWidget):
    """Lets the user look at the image before and after."""

    moved = Signal(float)
    """So much of the colour is wanted: 0 is the grey image, 1 all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setToolTip("Fade between the grey image and the coloured one.")
        self.slider.setAccessibleName("How much of the colour is shown")
        self.hold = QPushButton("Hold for grey")
        self.hold.setToolTip("Show the grey image for as long as you hold the button.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (QLabel("Grey"), self.slider, QLabel("Colour"), self.hold):
            layout.addWidget(widget)
        self.slider.valueChanged.connect(lambda value: self.moved.emit(value / _STEPS))
        self.hold.pressed.connect(lambda: self.moved.emit(0.0))
        self.hold.released.connect(lambda: self.moved.emit(self.slider.value() / _STEPS))
        self.reset()

    def reset(self) -> None:
        """Put the slider at its right end, where all of the colour is shown."""
        self.slider.blockSignals(True)
        self.slider.setValue(_STEPS)
        self.slider.blockSignals(False)
