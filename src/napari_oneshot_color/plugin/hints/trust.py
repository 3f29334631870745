"""A slider for the uncertainty above which colour fades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["TrustSlider"]

_STEPS = 10  # of the slider for each unit of a* and b*
_HELP = (
    "The colour fades where what tells it contradicts itself by more than this, in units of a* and "
    "b*: the target's own grey is left. At the right end nothing fades."
)
_WITHOUT = (
    "This result has no uncertainty. Choose the preset 'best', or another one with network "
    "'chroma'."
)


class TrustSlider(QWidget):
    """Fades what is uncertain in a run's final layer, as the user drags."""

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self.title = QLabel("Fade what is more uncertain than")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(UNCERTAINTY_LIMIT * _STEPS))
        self.text = QLabel()
        self.text.setMinimumWidth(self.text.fontMetrics().horizontalAdvance("00.0 "))
        self.show_layer = QPushButton("Show the uncertainty")
        self.show_layer.setToolTip("Bring its layer above the final one. Bright is uncertain.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        row = QHBoxLayout()
        row.addWidget(self.slider)
        row.addWidget(self.text)
        layout.addLayout(row)
        layout.addWidget(self.show_layer)
        self.slider.valueChanged.connect(self._on_moved)
        self.show_layer.clicked.connect(self._show_layer)
        self.set_run(None)

    @property
    def threshold(self) -> float | None:
        """Where the slider stands; None at its right end."""
        value = self.slider.value()
        return None if value == self.slider.maximum() else value / _STEPS

    def set_run(self, run: Run | None) -> None:
        """Serve another run, or none."""
        self._run = run
        threshold = None if run is None else run.steering.threshold
        with QSignalBlocker(self.slider):
            limit = UNCERTAINTY_LIMIT if threshold is None else min(threshold, UNCERTAINTY_LIMIT)
            self.slider.setValue(round(limit * _STEPS))
        self._say()
        self.setEnabled(run is not None and run.has_uncertainty)
        self.setToolTip(_HELP if run is None or run.has_uncertainty else _WITHOUT)

    def _on_moved(self, value: int) -> None:
        self._say()
        if self._run is not None:
            self._run.set_threshold(self.threshold)

    def _say(self) -> None:
        self.text.setText("off" if self.threshold is None else f"{self.threshold:.1f}")

    def _show_layer(self) -> None:
        if self._run is not None:
            self._run.show_uncertainty()
