"""The losses as live curves (Fig. 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from napari_oneshot_color.progress import Losses, LossHistory

__all__ = ["LossPlot"]

_CURVES = {
    "discriminator": ("D, eq. (1)", "#4fc3f7"),
    "generator": ("G, eq. (2)", "#ffb74d"),
    "cross_entropy": ("G's cross-entropy", "#ba68c8"),
    "reconstruction": ("G's reconstruction", "#81c784"),
}
_LINE = '<span style="color:{1}">━ {0}</span>'
_LEGEND = " &nbsp; ".join(_LINE.format(*curve) for curve in _CURVES.values())
_LEGEND_OF_ONE = _LINE.format("mean colour difference", _CURVES["reconstruction"][1])
_DRAW_INTERVAL = 1000  # ms; each drawing takes 30 ms of a core from the training


class LossPlot(QWidget):
    """Curves of the four losses, with a switch for a logarithmic scale."""

    def __init__(self) -> None:
        super().__init__()
        self._draw_soon = QTimer(self)
        self._draw_soon.setSingleShot(True)
        self._draw_soon.setInterval(_DRAW_INTERVAL)
        self._draw_soon.timeout.connect(self.draw)
        self._steps: list[int] = []
        self._values: dict[str, list[float]] = {name: [] for name in _CURVES}
        self.plot = pyqtgraph.PlotWidget(background=None)
        self.plot.setFixedHeight(200)
        self.plot.showGrid(x=True, y=True, alpha=0.2)
        self.curves = {
            name: self.plot.plot([], [], pen=pyqtgraph.mkPen(color, width=2))
            for name, (_, color) in _CURVES.items()
        }
        # a legend among the curves would hide some of them wherever it stood
        self._legend = QLabel(_LEGEND)
        self._legend.setWordWrap(True)
        self.log_scale = QCheckBox("Logarithmic scale")
        self.log_scale.setToolTip("Draw magnitudes: the saturating cross-entropy is negative.")
        self.log_scale.toggled.connect(self._change_scale)
        self.log_scale.setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._legend)
        layout.addWidget(self.plot)
        below = QHBoxLayout()
        below.addWidget(self.log_scale)
        below.addStretch()
        below.addWidget(QLabel("training step"))  # the plot's own label is cut off in napari's font
        layout.addLayout(below)

    def clear(self) -> None:
        """Forget all points."""
        self._steps.clear()
        for values in self._values.values():
            values.clear()
        self.draw()

    def add(self, step: int, losses: Losses) -> None:
        """Add the losses of a step, to be drawn within a second."""
        self._steps.append(step)
        for name, values in self._values.items():
            values.append(getattr(losses, name))
        if not self._draw_soon.isActive():
            self._draw_soon.start()

    def show_history(self, history: LossHistory) -> None:
        """Replace the points by the losses of every step."""
        self._steps = list(range(1, len(history) + 1))
        self._values = {name: getattr(history, name).tolist() for name in _CURVES}
        self.draw()

    def _change_scale(self) -> None:
        self.plot.setLogMode(y=self.log_scale.isChecked())
        self.draw()

    def draw(self) -> None:
        """Draw what was added."""
        self._draw_soon.stop()
        logarithmic = self.log_scale.isChecked()
        is_one = bool(self._steps) and not any(self._values["discriminator"])
        self._legend.setText(_LEGEND_OF_ONE if is_one else _LEGEND)
        for name, curve in self.curves.items():
            values = np.array(self._values[name], float)
            curve.setVisible(name == "reconstruction" or not is_one)
            curve.setData(self._steps, np.abs(values) + 1e-6 if logarithmic else values)
