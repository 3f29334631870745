"""The widget "Recolour regions": edit the regions, and the colours follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import ComboBox, Container
from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.layers import is_in, metadata
from napari_oneshot_color.plugin.session import Session

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels

    from napari_oneshot_color.plugin.run_layers import RunLayers

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
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._labels: Labels | None = None
        self._seen: np.ndarray | None = None
        self.colors: dict[int, tuple[float, float, float]] = {}
        self.excluded: set[int] = set()

        self.run = ComboBox(label="result", choices=self._runs)
        self.run.tooltip = "A finished run whose regions are still in the viewer."
        self._choice = Container(widgets=[self.run])
        self.sentence = QLabel(_HELP)
        self.sentence.setWordWrap(True)
        self.region = QLabel()
        self.swatch = QLabel()
        self.swatch.setFixedHeight(24)
        self.give_color = QPushButton("Give it a colour…")
        self.exclude = QPushButton("Exclude it")
        self.exclude.setToolTip("The region keeps the merged colours.")
        self.restore = QPushButton("Back to its median")
        self.start_over = QPushButton("Undo all edits")
        layout = QVBoxLayout(self)
        layout.addWidget(self._choice.native)
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
        self.give_color.clicked.connect(self._ask_color)
        self.exclude.clicked.connect(self.exclude_selected)
        self.restore.clicked.connect(self.restore_selected)
        self.start_over.clicked.connect(self.undo_all)
        self.reset_choices()

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        self.run.reset_choices()
        self._take_run()

    def set_color(self, color: tuple[float, float, float]) -> None:
        """Give the selected region a colour, sRGB in [0, 1]."""
        if self._labels is not None:
            self.excluded.discard(self._selected)
            self.colors[self._selected] = color
            self.refresh()

    def exclude_selected(self) -> None:
        """Let the selected region keep the merged colours."""
        if self._labels is not None:
            self.colors.pop(self._selected, None)
            self.excluded.add(self._selected)
            self.refresh()

    def restore_selected(self) -> None:
        """Give the selected region its median colour again."""
        self.colors.pop(self._selected, None)
        self.excluded.discard(self._selected)
        self.refresh()

    def undo_all(self) -> None:
        """Bring back the regions as Quickshift found them."""
        run = self._current
        if run is None or self._labels is None:
            return
        assert run.result is not None
        self.colors.clear()
        self.excluded.clear()
        self._labels.data = run.result.regions.copy()
        self.refresh()

    def refresh(self) -> None:
        """Compute the Quickshift and final layers from the regions as they are now."""
        run = self._current
        if run is None or self._labels is None:
            return
        from napari_oneshot_color.recoloring import recolor

        assert run.result is not None
        self._seen = np.array(self._labels.data)
        edited = recolor(run.result, self._seen, self.colors, self.excluded)
        run.edited = edited
        described = metadata(edited.provenance)
        run.update("quickshift", edited.quickshift, described)
        run.update("final", edited.final, described)
        self._show_region()

    @property
    def _current(self) -> RunLayers | None:
        return self.run.value  # type: ignore[no-any-return]

    @property
    def _selected(self) -> int:
        return 0 if self._labels is None else int(self._labels.selected_label)

    def _runs(self, widget: Any) -> list[tuple[str, RunLayers]]:
        return [
            (run.layers["regions"].name, run)
            for run in self._session.runs
            if is_in(self._viewer, run.layers.get("regions"))
        ]

    def _take_run(self, event: object = None) -> None:
        """Listen to the chosen run's regions, and to no others."""
        run = self._current
        labels = None if run is None else run.layers["regions"]
        if labels is self._labels:
            return
        if self._labels is not None:
            self._labels.events.labels_update.disconnect(self._on_edit)
            self._labels.events.set_data.disconnect(self._on_edit)
            self._labels.events.selected_label.disconnect(self._show_region)
        self._labels = labels
        self.colors, self.excluded = {}, set()
        if labels is not None:
            self._seen = np.array(labels.data)
            labels.events.labels_update.connect(self._on_edit)
            labels.events.set_data.connect(self._on_edit)
            labels.events.selected_label.connect(self._show_region)
        for button in (self.give_color, self.exclude, self.restore, self.start_over):
            button.setEnabled(labels is not None)
        self._show_region()

    def _on_edit(self, event: object = None) -> None:
        self._soon.start()

    def _follow(self) -> None:
        """Recolour if the labels really changed: redrawing them also says so."""
        if self._labels is None or self._seen is None:
            return
        if not np.array_equal(self._labels.data, self._seen):
            self.refresh()

    def _show_region(self, event: object = None) -> None:
        run = self._current
        if run is None or run.result is None:
            self.region.setText("Run 'Colorize from example' first: its regions appear here.")
            self.swatch.setStyleSheet("")
            return
        shown = run.edited or run.result
        found = np.flatnonzero(shown.region_names == self._selected)
        if self._selected == 0 or not found.size:
            self.region.setText(f"Region {self._selected} has no pixels.")
            self.swatch.setStyleSheet("")
            return
        kind = "given by hand" if self._selected in self.colors else "median"
        kind = "excluded, keeps the merged colours" if self._selected in self.excluded else kind
        self.region.setText(f"Region {self._selected}: {kind}")
        red, green, blue = (round(255 * c) for c in shown.region_colors[found[0]].tolist())
        self.swatch.setStyleSheet(f"background: rgb({red}, {green}, {blue})")

    def _ask_color(self) -> None:
        color = QColorDialog.getColor(QColor(128, 128, 128), self, "Colour of the region")
        if color.isValid():
            self.set_color((color.redF(), color.greenF(), color.blueF()))
