"""The colours to paint hints with: chosen, changed, added, and picked from images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin.hints.brushes import Brush, brush_of
from napari_oneshot_color.plugin.hints.eyedropper import Eyedropper
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels, Points, Shapes

    from napari_oneshot_color.types import Color

__all__ = ["HintColors", "Palette"]

_GREY = (0.5, 0.5, 0.5)
_COLUMNS = 8
_SIDE = 26  # px
_MOST = 64  # buttons: somebody's segmentation has thousands of labels


class HintColors(QWidget):
    """Shows the colours of a hints layer, and puts a brush with one of them into the user's hand.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are painted on and picked from.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._brush: Brush | None = None
        self._eyedropper = Eyedropper(viewer, self._on_picked)
        self.palette_row = Palette()
        self.change = QPushButton("Change colour…")
        self.change.setToolTip("Give the current hint another colour, or the selected ones.")
        self.new = QPushButton("+ colour…")
        self.new.setToolTip("Add one more colour to paint with.")
        self.pick = QPushButton("Pick from an image")
        self.pick.setCheckable(True)
        self.pick.setToolTip(
            "The next click on the canvas takes the colour that you see there, from the topmost "
            "visible colour image. Hide the result to pick from what is below it."
        )
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.palette_row)
        grid = QGridLayout()
        grid.addWidget(self.change, 0, 0)
        grid.addWidget(self.new, 0, 1)
        grid.addWidget(self.pick, 1, 0, 1, 2)
        layout.addLayout(grid)
        layout.addWidget(self.sentence)

        self.palette_row.chosen.connect(self.paint_with)
        self.change.clicked.connect(self._ask_to_change)
        self.new.clicked.connect(self._ask_to_add)
        self.pick.toggled.connect(self._on_pick_toggled)
        self.destroyed.connect(self._eyedropper.stop)
        self.set_layer(None)

    def set_layer(self, layer: Labels | Points | Shapes | None) -> None:
        """Serve another hints layer, or none."""
        if self._brush is not None:
            for name in self._brush.events:
                getattr(self._brush.layer.events, name).disconnect(self._refresh)
        self._brush = None if layer is None else brush_of(layer)
        if self._brush is not None:
            for name in self._brush.events:
                getattr(self._brush.layer.events, name).connect(self._refresh)
        else:
            self.pick.setChecked(False)
        self._refresh()

    def set_color(self, color: Color) -> None:
        """Give the current hint another colour, sRGB in [0, 1]."""
        if self._brush is not None:
            self._brush.change(color)

    def add_color(self, color: Color) -> None:
        """Add a colour, sRGB in [0, 1], and paint with it."""
        if self._brush is None:
            return
        try:
            self._brush.add(color)
        except OneshotColorError as error:
            notices.notify_error(error)
            return
        self._put_into_hand(self._brush)

    def paint_with(self, number: int) -> None:
        """Put a brush with one of the colours into the user's hand."""
        if self._brush is not None:
            self._brush.take(number)
            self._put_into_hand(self._brush)

    def _put_into_hand(self, brush: Brush) -> None:
        self._viewer.layers.selection.active = brush.layer

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Put the eyedropper away: nobody sees that it is on."""
        self.pick.setChecked(False)
        super().hideEvent(event)

    def _refresh(self, event: object = None) -> None:
        brush = self._brush
        colors = {} if brush is None else brush.colors
        current = 0 if brush is None else brush.current
        self.palette_row.show_colors(colors, current)
        self.change.setEnabled(current != 0)
        for button in (self.new, self.pick):
            button.setEnabled(brush is not None)
        self.sentence.setText("" if brush is None else brush.sentence)

    def _ask_to_change(self) -> None:
        self._ask(self.set_color)

    def _ask_to_add(self) -> None:
        self._ask(self.add_color)

    def _ask(self, use: Callable[[Color], None]) -> None:
        if self._brush is None:
            return
        now = self._brush.colors.get(self._brush.current, _GREY)
        color = QColorDialog.getColor(QColor.fromRgbF(*now), self, "Colour of the hint")
        if color.isValid():
            use((color.redF(), color.greenF(), color.blueF()))

    def _on_pick_toggled(self, is_on: bool) -> None:
        if is_on:
            self._eyedropper.start()
        else:
            self._eyedropper.stop()

    def _on_picked(self, found: tuple[Color, str] | None) -> None:
        if found is None:
            self.sentence.setText("There is no colour image at that place. Click on another one.")
            return
        color, name = found
        self.pick.setChecked(False)
        self.add_color(color)
        self.sentence.setText(f"Picked from '{name}'.")


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
