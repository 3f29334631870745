"""The button that reads a colorizer from a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_oneshot_color.plugin.forms.form_parts import if_alive
from napari_oneshot_color.plugin.runs.jobs import Jobs

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

__all__ = ["OpenColorizer"]

_OPEN = "Open a colorizer…"


class OpenColorizer(QPushButton):
    """Asks for a file, and reads it in the background; or says why it cannot be read."""

    opened = Signal(object, object)
    """The path and the `Colorizer` that was read from it."""

    def __init__(self) -> None:
        super().__init__(_OPEN)
        self.setToolTip("Read a colorizer that was saved to a file.")
        self._jobs = Jobs(self)
        self._jobs.changed.connect(self._say_whether_opening)
        self.clicked.connect(self._ask)

    def open(self, path: Path) -> None:
        """Read a colorizer from a file."""
        self._jobs.ask(partial(_loaded, path), partial(self.opened.emit, path))

    def _ask(self) -> None:
        kinds = "Colorizer (*.safetensors)"
        path, _ = QFileDialog.getOpenFileName(self, "Open a colorizer", "", kinds)
        if path:
            self.open(Path(path))

    @if_alive
    def _say_whether_opening(self) -> None:
        self.setText("Opening…" if self._jobs.is_busy else _OPEN)


def _loaded(path: Path) -> Colorizer:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

    return Colorizer.load(path)
