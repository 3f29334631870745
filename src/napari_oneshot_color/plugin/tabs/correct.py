"""The tab "Correct": other colours where they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_oneshot_color.plugin.tabs.hints import HintsForm
from napari_oneshot_color.plugin.tabs.regions import RegionsForm

if TYPE_CHECKING:
    import napari.viewer

    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["CorrectTab"]


class CorrectTab(QWidget):
    """Paint the right colours, or give whole regions other ones.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose runs and layers are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.hints = HintsForm(viewer)
        self.regions = RegionsForm(viewer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.hints)
        layout.addWidget(self.regions)
        layout.addStretch()

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers."""
        self.hints.reset_choices()
        self.regions.reset_choices()

    def take_run(self, run: Run) -> None:
        """Turn to a run."""
        self.hints.image.value = run
        if run.layers.regions is not None:
            self.regions.run.value = run
