"""Colours to choose from, as a row of buttons."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_oneshot_color.plugin.hints.labels import Color

__all__ = ["Palette"]

_COLUMNS = 8
_SIDE = 26  # px
_MOST = 64  # buttons: somebody's segmentation has thousands of labels


class Palette(QWidget):
    """Buttons in the colours of hints; the current one has a frame."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[int, QPushButton] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self._grid.setColumnStretch(_COLUMNS, 1)

    def show_colors(self, colors: dict[int, Color], current: int) -> None:
        """Show the colours.

        Parameters
        ----------
        colors : dict
            sRGB in [0, 1] by their numbers.
        current : int
            Number of the one that is painted with.
        """
        if len(colors) > _MOST:
            first = list(colors)[:_MOST]
            colors = {number: colors[number] for number in colors if number in {*first, current}}
        if list(colors) != list(self.buttons):
            self._rebuild(list(colors))
        for label, color in colors.items():
            red, green, blue = (round(255 * part) for part in color)
            edge = "white" if label == current else "transparent"
            self.buttons[label].setStyleSheet(
                f"background: rgb({red}, {green}, {blue}); border: 2px solid {edge};"
            )

    def _rebuild(self, labels: list[int]) -> None:
        for button in self.buttons.values():
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()  # later: it may be the one that was clicked
        self.buttons = {}
        for number, label in enumerate(labels):
            button = QPushButton()
            button.setFixedSize(_SIDE, _SIDE)
            button.setToolTip(f"Paint with this colour, number {label}.")
            button.clicked.connect(partial(self._choose, label))
            self._grid.addWidget(button, number // _COLUMNS, number % _COLUMNS)
            self.buttons[label] = button

    def _choose(self, label: int, checked: bool = False) -> None:
        self.chosen.emit(label)
