"""The colours of hints: choosing, changing, adding, and picking them from images."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin.forms.eyedropper import Eyedropper
from napari_oneshot_color.plugin.forms.swatch import Swatch
from napari_oneshot_color.plugin.hints.brushes import Brush, brush_of
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
_TICK = "✓"
_MOST = 64  # buttons; a segmentation may have thousands of labels
_PICK = "Click where the colour is right. Esc cancels."
_NOT_THERE = "There is no colour image there. Click on another one."
_PAINT = "Now paint where it is wrong. A dab is enough: it spreads."


class HintColors(QWidget):
    """Picks colours, shows those of a hints layer, and activates a brush with one of them.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer in which hints are painted and colours are picked.

    Attributes
    ----------
    pick : QPushButton
        Checked while the next click on the canvas picks a colour.
    """

    picked = Signal(object)
    """Emitted when the user wants to paint with a colour, sRGB in [0, 1], even without a layer."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._brush: Brush | None = None
        self._eyedropper = Eyedropper(viewer, self)
        self.pick = QPushButton("Pick a colour, paint it")
        self.pick.setCheckable(True)
        self.pick.setToolTip(
            "Click a colour that you see, then paint where it belongs; Esc cancels. Hide the "
            "result to pick from what is below it."
        )
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.swatch = Swatch("Current colour")
        self.palette_row = Palette()
        self.change = QPushButton("Change colour…")
        self.change.setToolTip("Change the colour of the current hint, or of the selected ones.")
        self.new = QPushButton("Another colour…")
        self.new.setToolTip("Choose a colour in a dialog and paint with it.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.pick, self.sentence, self.swatch, self.palette_row):
            layout.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.change)
        row.addWidget(self.new)
        layout.addLayout(row)

        self.palette_row.chosen.connect(self.paint_with)
        self.change.clicked.connect(self._ask_to_change)
        self.new.clicked.connect(self._ask_to_add)
        self.pick.toggled.connect(self._on_pick_toggled)
        self._eyedropper.taken.connect(self._on_picked)
        self._eyedropper.seen.connect(self._on_seen)
        self._eyedropper.escaped.connect(self.put_away)
        self.destroyed.connect(self._eyedropper.stop)
        self.set_layer(None)

    def set_layer(self, layer: Labels | Points | Shapes | None) -> None:
        """Set the hints layer, or none."""
        if self._brush is not None and self._brush.layer == layer:
            return
        if self._brush is not None:
            for name in self._brush.events:
                getattr(self._brush.layer.events, name).disconnect(self._refresh)
        self._brush = None if layer is None else brush_of(layer)
        if self._brush is not None:
            for name in self._brush.events:
                getattr(self._brush.layer.events, name).connect(self._refresh)
        self._refresh()

    def put_away(self) -> None:
        """End the picking of colours."""
        self.pick.setChecked(False)

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
        """Activate a brush with one of the colours."""
        if self._brush is not None:
            self._brush.take(number)
            self._put_into_hand(self._brush)

    def _put_into_hand(self, brush: Brush) -> None:
        self._viewer.layers.selection.active = brush.layer

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """End the picking of colours, which is no longer visible."""
        self.put_away()
        super().hideEvent(event)

    def _refresh(self, event: object = None) -> None:
        brush = self._brush
        colors = {} if brush is None else brush.colors
        current = 0 if brush is None else brush.current
        self.palette_row.show_colors(colors, current)
        self.palette_row.setVisible(len(colors) > 1)
        self.swatch.show_color(colors.get(current))
        self.swatch.setVisible(brush is not None or self.pick.isChecked())
        self.change.setEnabled(current != 0)
        self.change.setVisible(brush is not None)
        if not self.pick.isChecked():
            self._say("" if brush is None else brush.sentence)

    def _say(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    def _ask_to_change(self) -> None:
        color = self._asked_for()
        if color is not None:
            self.set_color(color)

    def _ask_to_add(self) -> None:
        color = self._asked_for()
        if color is not None:
            self.picked.emit(color)

    def _asked_for(self) -> Color | None:
        shown = QColor.fromRgbF(*(self.swatch.color or _GREY))
        color = QColorDialog.getColor(shown, self, "Colour of the hint")
        return (color.redF(), color.greenF(), color.blueF()) if color.isValid() else None

    def _on_pick_toggled(self, is_on: bool) -> None:
        if not is_on:
            self._eyedropper.stop()
            self._refresh()
        elif self._eyedropper.has_colors:
            self._eyedropper.start()
            self._refresh()
            self._say(_PICK)
        else:  # there is no colour image to pick from
            self.put_away()
            self._ask_to_add()

    def _on_seen(self, found: tuple[Color, str] | None) -> None:
        if self.pick.isChecked():
            self.swatch.show_color(None if found is None else found[0])

    def _on_picked(self, found: tuple[Color, str] | None) -> None:
        if found is None:
            self._say(_NOT_THERE)
            return
        color, name = found
        self.put_away()
        self.picked.emit(color)
        self._say(f"Picked from '{name}'. {_PAINT}")


class Palette(QWidget):
    """Buttons in the colours of the hints; the current one has a tick."""

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
            sRGB in [0, 1] by number.
        current : int
            Number of the current colour.
        """
        if len(colors) > _MOST:
            first = list(colors)[:_MOST]
            colors = {number: colors[number] for number in colors if number in {*first, current}}
        if list(colors) != list(self.buttons):
            self._rebuild(list(colors))
        for label, color in colors.items():
            red, green, blue = (round(255 * part) for part in color)
            ink = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 127 else "white"
            button = self.buttons[label]
            button.setStyleSheet(f"background: rgb({red}, {green}, {blue}); color: {ink};")
            button.setText(_TICK if label == current else "")
            button.setAccessibleName(
                f"Colour {label}, in hand" if label == current else f"Colour {label}"
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
