"""The tab "Trust": where the colours of a run are doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.color_bar import ColorBar
from napari_oneshot_color.plugin.forms.form_parts import (
    follow_names,
    if_alive,
    offer_anew,
    rows,
    shrinking,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.hints.trust import TrustSlider
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.verdict import verdict
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["TrustTab"]

_NOTHING = "There is no result yet. Colour an image first."
_UNIT = "How far the colour may be off"
_SCALE = "2 is hardly seen, 10 is another tint, 30 another colour (a distance in a* and b*)."
_HALF = 0.5


class TrustTab(QWidget):
    """Show how uncertain a run's colours are, and fade the uncertain ones.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose runs are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._session = Session.of(viewer)
        self._run: Run | None = None
        self._layer: Image | None = None
        self._newest: Run | None = None
        self.run = ComboBox(label="Result", choices=self._runs)
        self.run.tooltip = "Which result to look at."
        shrinking(self.run.native)
        self.sentence = QLabel(_NOTHING)
        self.sentence.setWordWrap(True)
        self.overlay = QCheckBox("Show where it is uncertain")
        self.overlay.setToolTip("Lay the uncertainty over the result, half transparent.")
        self.bar = ColorBar("magma", (0, UNCERTAINTY_LIMIT / 2, UNCERTAINTY_LIMIT), _UNIT)
        self.unit = QLabel(f"{_UNIT}: {_SCALE}")
        self.unit.setWordWrap(True)
        self.trust = TrustSlider()
        self._estimate = QWidget()
        inner = QVBoxLayout(self._estimate)
        inner.setContentsMargins(0, 0, 0, 0)
        for widget in (self.overlay, self.bar, self.unit, self.trust):
            inner.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(rows(self.run))
        layout.addWidget(self.sentence)
        layout.addWidget(self._estimate)
        layout.addStretch()
        self.run.changed.connect(self._turn)
        self.overlay.toggled.connect(self._show_overlay)
        self._session.changed.connect(self.reset_choices)
        follow_names(viewer.layers, self)
        wheel_with_focus(self)
        self.reset_choices()

    @if_alive
    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.run)
        newest = self._session.runs[-1] if self._session.runs else None
        if newest is not self._newest and newest in self.run.choices:
            with self.run.changed.blocked():
                self.run.value = newest
        self._newest = newest
        self._turn()

    def take_run(self, run: Run) -> None:
        """Choose a run."""
        if run in self.run.choices:
            self.run.value = run

    def _runs(self, widget: Any) -> list[tuple[str, Run]]:
        return [
            (run.layers.final.name, run)
            for run in self._session.runs
            if run.layers.final is not None
        ]

    def _turn(self, event: object = None) -> None:
        run: Run | None = self.run.value
        if run is not self._run:
            if self._run is not None:
                self._run.changed.disconnect(self._refresh)
            if run is not None:
                run.changed.connect(self._refresh)
            self._run = run
        self.trust.set_run(run)
        self._refresh()

    @if_alive
    def _refresh(self) -> None:
        """Update the sentences about the result."""
        result = None if self._run is None else self._run.shown
        has_estimate = self._run is not None and self._run.has_uncertainty
        self.sentence.setText(_NOTHING if result is None else "\n\n".join(verdict(result)))
        self._estimate.setVisible(has_estimate)
        self._listen_to(None if self._run is None else self._run.layers.uncertainty)

    def _listen_to(self, layer: Image | None) -> None:
        """Follow the layer's visibility, which its eye in napari's list changes, too."""
        if layer != self._layer:
            if self._layer is not None:
                self._layer.events.visible.disconnect(self._follow_eye)
            if layer is not None:
                layer.events.visible.connect(self._follow_eye)
            self._layer = layer
        self._follow_eye()

    def _follow_eye(self, event: object = None) -> None:
        with QSignalBlocker(self.overlay):
            self.overlay.setChecked(self._layer is not None and self._layer.visible)

    def _show_overlay(self, is_on: bool) -> None:
        if self._run is None:
            return
        if is_on:
            self._run.show_uncertainty()
            layer = self._run.layers.uncertainty
            if layer is not None and layer.opacity == 1:
                layer.opacity = _HALF
        elif self._layer is not None:
            self._layer.visible = False
        self._refresh()
