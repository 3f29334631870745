"""The list of further sources, each with a tick and a weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QGridLayout, QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from napari.layers import Image

__all__ = ["MoreSources"]

_HEAVIEST = 100.0
_NONE = "Add more colour images, such as another view: they can teach together."


@dataclass(frozen=True)
class _Row:
    layer: Image
    name: str
    tick: QCheckBox
    weight: QDoubleSpinBox


class MoreSources(QWidget):
    """Tick the layers that teach beside the main source, and say how much each counts.

    The main source is the first row, which is always ticked.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setColumnStretch(0, 1)
        self._nothing = QLabel(_NONE)
        self._nothing.setWordWrap(True)
        self._grid.addWidget(self._nothing, 0, 0, 1, 2)

    @property
    def layers(self) -> list[Image]:
        """The further sources that are ticked."""
        return [row.layer for row in self._rows[1:] if row.tick.isChecked()]

    @property
    def weights(self) -> list[float]:
        """How often training patches come from the main source and from each ticked one."""
        ticked = [row.weight.value() for row in self._rows if row.tick.isChecked()]
        return ticked if len(ticked) > 1 else [1.0]

    def tick(self, layers: Collection[Image]) -> None:
        """Tick some of the layers, and no others."""
        for row in self._rows[1:]:
            row.tick.setChecked(row.layer in layers)

    def offer(self, main: Image | None, others: Sequence[Image]) -> None:
        """Offer the layers that there are now; ticks and weights stay with their layers."""
        layers = [] if main is None or not others else [main, *others]
        if [(row.layer, row.name) for row in self._rows] == [(one, one.name) for one in layers]:
            return
        old = self._rows
        self._rows = [self._row(layer, old, is_main=layer == main) for layer in layers]
        for row in old:
            for widget in (row.tick, row.weight):
                self._grid.removeWidget(widget)
                widget.deleteLater()
        for number, row in enumerate(self._rows):
            self._grid.addWidget(row.tick, number, 0)
            self._grid.addWidget(row.weight, number, 1)
        self._nothing.setVisible(not self._rows)
        self._enable_weights()
        self.changed.emit()

    def _row(self, layer: Image, old: list[_Row], *, is_main: bool) -> _Row:
        tick, weight = QCheckBox(layer.name), QDoubleSpinBox()
        tick.setToolTip(layer.name)
        # layers have long names; the form is as wide as its widest row
        tick.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        weight.setRange(0.1, _HEAVIEST)
        weight.setDecimals(1)
        weight.setSingleStep(0.5)
        weight.setValue(1.0)
        weight.setToolTip("How often training patches come from it, relative to the others.")
        for known in old:
            if known.layer == layer:
                tick.setChecked(known.tick.isChecked() and known is not old[0])
                weight.setValue(known.weight.value())
        if is_main:
            tick.setChecked(True)
            tick.setEnabled(False)
        tick.toggled.connect(self._on_tick)
        weight.valueChanged.connect(self.changed)
        return _Row(layer, layer.name, tick, weight)

    def _on_tick(self) -> None:
        self._enable_weights()
        self.changed.emit()

    def _enable_weights(self) -> None:
        """One source alone needs no weight."""
        has_several = bool(self.layers)
        for row in self._rows:
            row.weight.setEnabled(has_several and row.tick.isChecked())
