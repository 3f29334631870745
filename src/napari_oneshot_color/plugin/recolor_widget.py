"""The widget "Recolour regions": edit the regions, and the colours follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import ComboBox
from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import (
    follow_names,
    offer_anew,
    rows,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.warming import import_soon

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels

    from napari_oneshot_color.plugin.runs.run import Run
    from napari_oneshot_color.types import Color

__all__ = ["RecolorWidget"]

_DELAY = 40  # ms after the last stroke: a brush changes the labels many times a second
_HELP = (
    "Pick a region with the label layer's picker, then merge, split, paint or fill regions with "
    "its tools: the Quickshift and final layers follow. Erased pixels keep the merged colours."
)


class RecolorWidget(QWidget):
    """Edit a run's regions; its Quickshift and final layers follow, without training.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose runs are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._session = Session.of(viewer)
        self._taken: Run | None = None
        self._labels: Labels | None = None

        self.run = ComboBox(label="result", choices=self._runs)
        self.run.tooltip = "A finished run whose regions are still in the viewer."
        self.sentence = QLabel(_HELP)
        self.sentence.setWordWrap(True)
        self.region = QLabel()
        self.swatch = QLabel()
        self.swatch.setFixedHeight(24)
        self.give_color = QPushButton("Give it a colour…")
        self.exclude = QPushButton("Exclude it")
        self.exclude.setToolTip("The region keeps the merged colours.")
        self.restore = QPushButton("Undo its colour")
        self.start_over = QPushButton("Undo all edits")
        layout = QVBoxLayout(self)
        layout.addWidget(rows(self.run))
        for widget in (self.sentence, self.region, self.swatch):
            layout.addWidget(widget)
        grid = QGridLayout()
        for number, button in enumerate(
            (self.give_color, self.exclude, self.restore, self.start_over)
        ):
            grid.addWidget(button, number // 2, number % 2)
        layout.addLayout(grid)
        layout.addStretch()

        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_DELAY)
        self._soon.timeout.connect(self._follow)
        self.run.changed.connect(self._take_run)
        self._session.changed.connect(self.reset_choices)
        follow_names(viewer.layers, self)
        self.give_color.clicked.connect(self._ask_color)
        self.exclude.clicked.connect(self.exclude_selected)
        self.restore.clicked.connect(self.restore_selected)
        self.start_over.clicked.connect(self.undo_all)
        wheel_with_focus(self)
        self.reset_choices()
        import_soon()

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.run)
        for run in self._session.runs:
            if self._labels is not None and run.layers.regions == self._labels:
                self.run.value = run  # it may have taken over another run's layers
        self._take_run()

    def set_color(self, color: Color) -> None:
        """Give the selected region a colour, sRGB in [0, 1]."""
        if self._selected:
            self._edit(color=color)

    def exclude_selected(self) -> None:
        """Let the selected region keep the merged colours."""
        if self._selected:
            self._edit(is_excluded=True)

    def restore_selected(self) -> None:
        """Take back the colour that was given to the selected region."""
        self._edit()

    def undo_all(self) -> None:
        """Bring back the regions as Quickshift found them."""
        run = self._taken
        if run is None or self._labels is None:
            return
        assert run.result is not None
        self._labels.data = run.result.regions.copy()
        self._recolor({}, set())

    def refresh(self) -> None:
        """Let the Quickshift and final layers follow the regions as they are now.

        That takes a moment, in the background. Hints on the run are applied on top.
        """
        if self._taken is not None:
            steering = self._taken.steering
            self._recolor(steering.region_colors, steering.regions_excluded)

    def _edit(self, color: Color | None = None, is_excluded: bool = False) -> None:
        """Give the selected region a colour, or exclude it, or neither."""
        if self._taken is None:
            return
        steering, selected = self._taken.steering, self._selected
        colors, excluded = dict(steering.region_colors), set(steering.regions_excluded)
        colors.pop(selected, None)
        excluded.discard(selected)
        if color is not None:
            colors[selected] = color
        if is_excluded:
            excluded.add(selected)
        self._recolor(colors, excluded)

    def _recolor(self, colors: Mapping[int, Color], excluded: Collection[int]) -> None:
        if self._taken is not None and self._labels is not None:
            self._taken.set_regions(np.array(self._labels.data), colors, excluded)
            self._show_region()

    @property
    def _selected(self) -> int:
        return 0 if self._labels is None else int(self._labels.selected_label)

    def _runs(self, widget: Any) -> list[tuple[str, Run]]:
        return [
            (run.layers.regions.name, run)
            for run in self._session.runs
            if run.layers.regions is not None
        ]

    def _take_run(self, event: object = None) -> None:
        """Listen to the chosen run's regions, and to no others."""
        run: Run | None = self.run.value
        if run is self._taken and run is not None:
            return
        if self._labels is not None:
            self._labels.events.labels_update.disconnect(self._on_edit)
            self._labels.events.set_data.disconnect(self._on_edit)
            self._labels.events.selected_label.disconnect(self._show_region)
        if self._taken is not None:
            self._taken.changed.disconnect(self._show_region)
        self._taken = run
        self._labels = labels = None if run is None else run.layers.regions
        if run is not None:
            run.changed.connect(self._show_region)
        if labels is not None:
            labels.events.labels_update.connect(self._on_edit)
            labels.events.set_data.connect(self._on_edit)
            labels.events.selected_label.connect(self._show_region)
            self._on_edit()  # they may have changed while nobody followed
        self._show_region()

    def _on_edit(self, event: object = None) -> None:
        self._soon.start()

    def _follow(self) -> None:
        """Recolour if the labels really changed: redrawing them also says so."""
        if self._taken is None or self._taken.recolored is None or self._labels is None:
            return
        if not np.array_equal(self._labels.data, self._taken.recolored.regions):
            self.refresh()

    def _show_region(self, event: object = None) -> None:
        run = self._taken
        self.start_over.setEnabled(run is not None)
        for button in (self.give_color, self.exclude, self.restore):
            button.setEnabled(run is not None and self._selected != 0)
        if run is None or run.recolored is None:
            self.region.setText("Run 'Colorize from example' first: its regions appear here.")
            self.swatch.setStyleSheet("")
            return
        if self._selected == 0:
            self.region.setText("Label 0 erases: its pixels keep the merged colours.")
            self.swatch.setStyleSheet("")
            return
        shown = run.recolored
        found = np.flatnonzero(shown.region_names == self._selected)
        if not found.size:
            self.region.setText(f"Region {self._selected} has no pixels.")
            self.swatch.setStyleSheet("")
            return
        kind = "median"
        if self._selected in run.steering.region_colors:
            kind = "given by hand"
        if self._selected in run.steering.regions_excluded:
            kind = "excluded, keeps the merged colours"
        self.region.setText(f"Region {self._selected}: {kind}")
        red, green, blue = (round(255 * c) for c in shown.region_colors[found[0]].tolist())
        self.swatch.setStyleSheet(f"background: rgb({red}, {green}, {blue})")

    def _ask_color(self) -> None:
        color = QColorDialog.getColor(QColor(128, 128, 128), self, "Colour of the region")
        if color.isValid():
            self.set_color((color.redF(), color.greenF(), color.blueF()))
