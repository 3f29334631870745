"""The tab "Trust": where the colours of a run are not to be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import (
    offer_anew,
    rows,
    shrinking,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.hints.trust import TrustSlider
from napari_oneshot_color.plugin.runs.session import Session

if TYPE_CHECKING:
    import napari.viewer

    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["TrustTab"]


class TrustTab(QWidget):
    """Show how uncertain a run's colours are, and fade those that are.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose runs are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._session = Session.of(viewer)
        self.run = ComboBox(label="result", choices=self._runs)
        self.run.tooltip = "A finished run."
        shrinking(self.run.native)
        self.trust = TrustSlider()
        layout = QVBoxLayout(self)
        layout.addWidget(rows(self.run))
        layout.addWidget(self.trust)
        layout.addStretch()
        self.run.changed.connect(self._turn)
        self._session.changed.connect(self.reset_choices)
        wheel_with_focus(self)
        self.reset_choices()

    def reset_choices(self, event: object = None) -> None:
        """Follow the session's runs."""
        offer_anew(self.run)
        self._turn()

    def take_run(self, run: Run) -> None:
        """Turn to a run."""
        self.run.value = run

    def _runs(self, widget: Any) -> list[tuple[str, Run]]:
        return [(run.title, run) for run in self._session.runs if run.onto is not None]

    def _turn(self, event: object = None) -> None:
        self.trust.set_run(self.run.value)
