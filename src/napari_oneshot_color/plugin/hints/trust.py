"""The slider for the uncertainty above which colour fades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, QTimer
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import if_alive
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["TrustSlider"]

_STEPS = 10  # steps of the slider for each unit of a* and b*
_SETTLED = 250  # ms after the last movement by keys or wheel
_HELP = (
    "Colour that is more uncertain than this fades to the target's own grey. At the right end, "
    "nothing fades."
)


class TrustSlider(QWidget):
    """Fades uncertain colour in a run's final layer while the user drags."""

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self.title = QLabel("Fade what is more uncertain than")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(UNCERTAINTY_LIMIT * _STEPS))
        self.slider.setAccessibleName(self.title.text())
        self.slider.setToolTip(_HELP)
        self.title.setBuddy(self.slider)
        self.text = QLabel()
        self.text.setMinimumWidth(self.text.fontMetrics().horizontalAdvance("00.0 "))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        row = QHBoxLayout()
        row.addWidget(self.slider)
        row.addWidget(self.text)
        layout.addLayout(row)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SETTLED)
        self._soon.timeout.connect(self._settle)
        self.slider.valueChanged.connect(self._on_moved)
        self.slider.sliderReleased.connect(self._settle)
        self.set_run(None)

    @property
    def threshold(self) -> float | None:
        """The value of the slider; None at its right end."""
        value = self.slider.value()
        return None if value == self.slider.maximum() else value / _STEPS

    def set_run(self, run: Run | None) -> None:
        """Set the run, or none."""
        if run is not self._run:
            if self._soon.isActive():
                self._settle()
            if self._run is not None:
                self._run.asked.disconnect(self._show)
            if run is not None:
                run.asked.connect(self._show)
            self._run = run
        self._show()
        self.setEnabled(run is not None and run.has_uncertainty)

    @if_alive
    def _show(self) -> None:
        """Move the slider to the run's threshold, which undo may have changed."""
        if not (self.slider.isSliderDown() or self._soon.isActive()):
            threshold = None if self._run is None else self._run.steering.threshold
            limit = UNCERTAINTY_LIMIT if threshold is None else min(threshold, UNCERTAINTY_LIMIT)
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(limit * _STEPS))
        self._say()

    def _on_moved(self, value: int) -> None:
        self._say()
        if self._run is not None:
            self._run.sample_threshold(self.threshold)
            if not self.slider.isSliderDown():
                self._soon.start()

    def _settle(self) -> None:
        self._soon.stop()
        if self._run is not None:
            self._run.set_threshold(self.threshold)

    def _say(self) -> None:
        self.text.setText("Off" if self.threshold is None else f"{self.threshold:.1f}")
