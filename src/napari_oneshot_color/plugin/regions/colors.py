"""Gives colours to the regions of a run, selected by a click on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.eyedropper import Eyedropper
from napari_oneshot_color.plugin.forms.form_parts import if_alive
from napari_oneshot_color.plugin.forms.pointing import Place, Pointing
from napari_oneshot_color.plugin.forms.swatch import Swatch
from napari_oneshot_color.plugin.regions.outlines import Outlines

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels

    from napari_oneshot_color.plugin.runs.run import Run
    from napari_oneshot_color.types import Color

__all__ = ["RegionColors"]

_DELAY = 40  # ms after the last change: a brush changes the labels many times a second
_POINT = "Click on a region. Esc cancels."
_PICK = "Click where the colour is right. Esc cancels."
_NOT_THERE = "There is no colour image there. Click on another one."


class RegionColors(QWidget):
    """Gives colours to the regions of a run, and follows the user's edits of their layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer in which the user clicks.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._run: Run | None = None
        self._labels: Labels | None = None
        self._outlines: Outlines | None = None
        self._pointing = Pointing(viewer, self._on_click, owner=self)
        self._eyedropper = Eyedropper(viewer, self)
        self.edit = QPushButton("Give a region a colour")
        self.edit.setCheckable(True)
        self.edit.setToolTip(
            "Outline the regions of the image. Click one, and choose its colour; Esc cancels."
        )
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.swatch = Swatch("Colour of the region")
        self.give_color = QPushButton("Choose a colour…")
        self.give_color.setToolTip("Choose a colour for the outlined region in a dialog.")
        self.pick = QPushButton("Pick a colour")
        self.pick.setCheckable(True)
        self.pick.setToolTip("Take the colour of the next click on the canvas; Esc cancels.")
        self.exclude = QPushButton("Leave it out")
        self.exclude.setToolTip("Keep the network's colour for each pixel of the region.")
        self.restore = QPushButton("Its own colour")
        self.restore.setToolTip("Reset the region to its own colour.")
        self._tools = QWidget()
        grid = QGridLayout(self._tools)
        grid.setContentsMargins(0, 0, 0, 0)
        buttons = (self.give_color, self.pick, self.exclude, self.restore)
        for number, button in enumerate(buttons):
            grid.addWidget(button, number // 2, number % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.edit, self.sentence, self.swatch, self._tools):
            layout.addWidget(widget)

        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_DELAY)
        self._soon.timeout.connect(self._follow)
        self.edit.toggled.connect(self._on_edit_toggled)
        self.pick.toggled.connect(self._on_pick_toggled)
        self.give_color.clicked.connect(self._ask_color)
        self.exclude.clicked.connect(self.exclude_selected)
        self.restore.clicked.connect(self.restore_selected)
        self._pointing.escaped.connect(self.put_away)
        self._eyedropper.escaped.connect(self._put_eyedropper_away)
        self._eyedropper.taken.connect(self._on_picked)
        for pointing in (self._pointing, self._eyedropper):
            self.destroyed.connect(pointing.stop)
        self.set_run(None)

    def set_run(self, run: Run | None) -> None:
        """Set the run, or none, and listen only to its regions layer."""
        if run is not self._run:
            self.put_away()
            if self._run is not None:
                self._run.changed.disconnect(self._say)
            if run is not None:
                run.changed.connect(self._say)
            self._run = run
        labels = None if run is None else run.layers.regions
        if labels != self._labels:
            if self._labels is not None:
                self._listen(self._labels, is_on=False)
            if labels is not None:
                self._listen(labels, is_on=True)
                self._soon.start()  # they may have changed in the meantime
            self._labels = labels
            if self._outlines is not None and self._outlines.layer != labels:
                self.put_away()
        self._say()

    def put_away(self) -> None:
        """End the selection of regions."""
        self.pick.setChecked(False)
        self.edit.setChecked(False)

    def hideEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """End the selection of regions, which is no longer visible."""
        self.put_away()
        super().hideEvent(event)

    def _put_eyedropper_away(self) -> None:
        self.pick.setChecked(False)

    def set_color(self, color: Color) -> None:
        """Give the selected region a colour, sRGB in [0, 1]."""
        self._change(color=color)

    def exclude_selected(self) -> None:
        """Exclude the selected region, which then keeps the merged colours."""
        self._change(is_excluded=True)

    def restore_selected(self) -> None:
        """Remove the user's colour of the selected region."""
        self._change()

    @property
    def selected(self) -> int:
        """The region that is selected in the layer; 0 means none."""
        return 0 if self._labels is None else int(self._labels.selected_label)

    def _listen(self, labels: Any, *, is_on: bool) -> None:
        slots = {
            "labels_update": self._on_edit,
            "set_data": self._on_edit,
            "selected_label": self._say,
        }
        for name, slot in slots.items():
            event = getattr(labels.events, name)
            if is_on:
                event.connect(slot)
            else:
                event.disconnect(slot)

    def _change(self, color: Color | None = None, is_excluded: bool = False) -> None:
        """Give the selected region a colour, exclude it, or reset it."""
        run, selected = self._run, self.selected
        if run is None or self._labels is None or selected == 0:
            return
        colors, excluded = dict(run.steering.region_colors), set(run.steering.regions_excluded)
        colors.pop(selected, None)
        excluded.discard(selected)
        if color is not None:
            colors[selected] = color
        if is_excluded:
            excluded.add(selected)
        run.set_regions(np.array(self._labels.data), colors, excluded)
        self._say()

    def _on_edit(self, event: object = None) -> None:
        self._soon.start()

    def _follow(self) -> None:
        """Read the regions from their layer; redrawing it also emits a change."""
        if self._run is not None and self._labels is not None:
            steering = self._run.steering
            self._run.set_regions(
                np.array(self._labels.data), steering.region_colors, steering.regions_excluded
            )

    def _on_edit_toggled(self, is_on: bool) -> None:
        if is_on and self._run is not None:
            labels = self._run.layers.regions
            was_visible = labels is not None and labels.visible
            self._run.show_regions()
            self.set_run(self._run)
            assert self._labels is not None
            self._labels.selected_label = 0  # napari selects one by itself
            self._outlines = Outlines(self._viewer.layers, self._labels, was_visible)
            self._pointing.start()
        else:
            self.pick.setChecked(False)
            self._pointing.stop()
            if self._outlines is not None:
                outlines, self._outlines = self._outlines, None
                outlines.end()
        self._say()

    def _on_click(self, viewer: Any, place: Place) -> None:
        if self._labels is not None:
            found = self._labels.get_value(place.position, world=True)
            self._labels.selected_label = int(found or 0)
            self._say()

    def _on_pick_toggled(self, is_on: bool) -> None:
        if is_on:
            self._pointing.stop()
            self._eyedropper.start()
        else:
            self._eyedropper.stop()
            if self.edit.isChecked():
                self._pointing.start()
        self._say()

    def _on_picked(self, found: tuple[Color, str] | None) -> None:
        if found is None:
            self.sentence.setText(_NOT_THERE)
            return
        self.set_color(found[0])
        self.pick.setChecked(False)

    def _ask_color(self) -> None:
        shown = QColor.fromRgbF(*(self.swatch.color or (0.5, 0.5, 0.5)))
        color = QColorDialog.getColor(shown, self, "Colour of the region")
        if color.isValid():
            self.set_color((color.redF(), color.greenF(), color.blueF()))

    @if_alive
    def _say(self, event: object = None) -> None:
        """Show the selected region and its colour."""
        run, is_on = self._run, self.edit.isChecked()
        self.edit.setEnabled(run is not None)
        for widget in (self.sentence, self.swatch, self._tools):
            widget.setVisible(is_on)
        found = self._found()
        for button in (self.give_color, self.pick, self.exclude, self.restore):
            button.setEnabled(found is not None)
        self.swatch.show_color(found)
        self.sentence.setText(_PICK if self.pick.isChecked() else self._sentence(found))

    def _found(self) -> Color | None:
        """Return the selected region's colour, if it is known yet."""
        if self._run is None or self._run.recolored is None or self.selected == 0:
            return None
        given = self._run.steering.region_colors.get(self.selected)
        if given is not None:
            return given
        shown = self._run.recolored
        places = np.flatnonzero(shown.region_names == self.selected)
        if not places.size:
            return None
        red, green, blue = shown.region_colors[places[0]].tolist()
        return red, green, blue

    def _sentence(self, found: Color | None) -> str:
        if self._run is None or self._labels is None or self.selected == 0:
            return _POINT
        if found is None:
            return f"Region {self.selected} has no pixels. {_POINT}"
        kind = "its own colour"
        if self.selected in self._run.steering.region_colors:
            kind = "a colour that you gave it"
        if self.selected in self._run.steering.regions_excluded:
            kind = "left out"
        return f"Region {self.selected}: {kind}."
