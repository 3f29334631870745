"""The four buttons that keep a result: save it, save its colorizer, copy what repeats it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QFileDialog, QGridLayout, QPushButton, QWidget

from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.saving import results, scripts

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.runs.run import Run, Wishes
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.settings import Settings

__all__ = ["Finished", "Keeping"]


@dataclass(frozen=True)
class Finished:
    """A run that has a result, and what it was made from."""

    run: Run
    inputs: Inputs

    @property
    def result(self) -> Result:
        """As it is shown: edited and steered, if it was."""
        assert self.run.shown is not None
        return self.run.shown


class Keeping(QWidget):
    """Save and copy what a run made.

    Attributes
    ----------
    buttons : dict
        By what they say.
    finished : Finished or None
        The run whose result is kept; set it with `set_finished`.
    colorizer : Colorizer or None
        What is saved as one: that of the last run, also of one that failed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.finished: Finished | None = None
        self.colorizer: Colorizer | None = None
        actions = {
            "Save result…": self._ask_and_save_result,
            "Save colorizer…": self._ask_and_save_colorizer,
            "Copy as Python": self._copy_python,
            "Copy as command": self._copy_command,
        }
        self.buttons = {name: QPushButton(name) for name in actions}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for number, (name, action) in enumerate(actions.items()):
            self.buttons[name].clicked.connect(action)
            grid.addWidget(self.buttons[name], number // 2, number % 2)
        self._enable()

    def set_finished(self, finished: Finished) -> None:
        """Keep the result of another run."""
        self.finished = finished
        self._enable()

    def set_colorizer(self, colorizer: Colorizer) -> None:
        """Keep another colorizer."""
        self.colorizer = colorizer
        self._enable()

    def save_result(self, parent: Path) -> Path:
        """Write the result, edited or not, to a new folder in `parent`, and say where.

        Raises
        ------
        BadFileError
            If it cannot be written.
        """
        assert self.finished is not None
        return results.save_result(self.finished.result, self.finished.inputs, parent)

    def as_python(self) -> str:
        """Write the Python that repeats the run."""
        return self._text(scripts.as_python)

    def as_command(self) -> str:
        """Write the command line that repeats the run."""
        return self._text(scripts.as_command)

    def _text(self, write: Callable[[Inputs, Settings, Wishes], str]) -> str:
        assert self.finished is not None
        settings = self.finished.result.colorizer.settings
        return write(self.finished.inputs, settings, self.finished.run.steering.obeyed)

    def _enable(self) -> None:
        for name, button in self.buttons.items():
            has = self.colorizer if name == "Save colorizer…" else self.finished
            button.setEnabled(has is not None)

    def _ask_and_save_result(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Save the result in a new folder inside …")
        if folder:
            notices.attempt(lambda: self.save_result(Path(folder)))

    def _ask_and_save_colorizer(self) -> None:
        suggestion = "colorizer.safetensors"
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the colorizer", suggestion, "Colorizer (*.safetensors)"
        )
        colorizer = self.colorizer
        if path and colorizer is not None:
            notices.attempt(lambda: results.save_colorizer(colorizer, Path(path)))

    def _copy_python(self) -> None:
        self._copy(self.as_python())

    def _copy_command(self) -> None:
        self._copy(self.as_command())

    def _copy(self, text: str) -> None:
        assert self.finished is not None
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        names = [f"{role}.tif" for role, _ in self.finished.inputs.roles()]
        if self.finished.run.steering.obeyed.painted is not None:
            names += ["hints.tif", "hints.json"]
        sentence = (
            f"Copied. Files named {', '.join(names[:-1])} or {names[-1]} are in the saved result."
        )
        if self.finished.run.edited is not None:
            sentence += (
                " The edits of its regions are not repeated: 'napari-oneshot-color repeat' of the "
                "saved result does."
            )
        notices.notify(sentence)
