"""The colours to paint hints with: chosen, changed, added, and picked from images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin import hint_layers, saving
from napari_oneshot_color.plugin.eyedropper import Eyedropper
from napari_oneshot_color.plugin.palette import Palette

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels

    from napari_oneshot_color.plugin.hint_layers import Color

__all__ = ["HintColors"]

_GREY = (0.5, 0.5, 0.5)


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
        self._layer: Labels | None = None
        self._eyedropper = Eyedropper(viewer, self._on_picked)
        self.palette_row = Palette()
        self.change = QPushButton("Change colour…")
        self.change.setToolTip("Give the current hint another colour.")
        self.new = QPushButton("+ colour…")
        self.new.setToolTip("Add one more colour to paint with.")
        self.pick = QPushButton("Pick from an image")
        self.pick.setCheckable(True)
        self.pick.setToolTip(
            "The next click on the canvas takes the colour under it, from the topmost visible "
            "colour image; from a result only if there is no other."
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
        self.destroyed.connect(partial(self._eyedropper.stop))  # partial keeps it until then
        self.set_layer(None)

    def set_layer(self, layer: Labels | None) -> None:
        """Serve another hints layer, or none."""
        if self._layer is not None:
            self._layer.events.selected_label.disconnect(self._refresh)
        self._layer = layer
        if layer is not None:
            layer.events.selected_label.connect(self._refresh)  # a new colormap tells this, too
        else:
            self.pick.setChecked(False)
        self._refresh()

    def set_color(self, color: Color) -> None:
        """Give the current hint another colour, sRGB in [0, 1]."""
        if self._layer is not None and self._selected:
            hint_layers.set_color(self._layer, self._selected, color)

    def add_color(self, color: Color) -> None:
        """Add a colour, sRGB in [0, 1], and paint with it."""
        if self._layer is None:
            return
        try:
            label = hint_layers.add_color(self._layer, color)
        except OneshotColorError as error:
            saving.notify_error(error)
            return
        self.paint_with(label)

    def paint_with(self, label: int) -> None:
        """Put a brush with a label's colour into the user's hand."""
        layer = self._layer
        if layer is not None:
            layer.selected_label = label
            layer.mode = "paint"
            self._viewer.layers.selection.active = layer

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Put the eyedropper away: nobody sees that it is on."""
        self.pick.setChecked(False)
        super().hideEvent(event)

    @property
    def _selected(self) -> int:
        return 0 if self._layer is None else int(self._layer.selected_label)

    def _refresh(self, event: object = None) -> None:
        colors = {} if self._layer is None else hint_layers.colors_of(self._layer)
        self.palette_row.show_colors(colors, self._selected)
        self.change.setEnabled(self._selected != 0)
        for button in (self.new, self.pick):
            button.setEnabled(self._layer is not None)
        if self._layer is None:
            self.sentence.setText("")
        elif self._selected == 0:
            self.sentence.setText("Label 0 erases hints.")
        elif self._selected not in colors:
            self.sentence.setText(f"Label {self._selected} has no colour yet. Give it one.")
        else:
            self.sentence.setText("A dab is enough: it spreads along smooth grey.")

    def _ask_to_change(self) -> None:
        self._ask(self.set_color)

    def _ask_to_add(self) -> None:
        self._ask(self.add_color)

    def _ask(self, use: Callable[[Color], None]) -> None:
        if self._layer is None:
            return
        now = hint_layers.colors_of(self._layer).get(self._selected, _GREY)
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
