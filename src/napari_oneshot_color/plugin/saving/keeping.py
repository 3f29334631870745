"""Buttons that save a run: as a folder, as a colorizer, or as text that repeats it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtWidgets import QApplication, QFileDialog, QGridLayout, QPushButton, QWidget

from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.saving import results, scripts

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.runs.finished import Finished
    from napari_oneshot_color.plugin.runs.session import Session
    from napari_oneshot_color.settings import Settings
    from napari_oneshot_color.steering.changes import Steering

__all__ = ["Keeping"]

_HELP = {
    "Save…": "Save the coloured image as PNG, TIFF or JPEG, or everything in a folder.",
    "Save result…": "Save every stage, the source, the target and the record in a new folder.",
    "Save colorizer…": "Save the trained colorizer, which colours more images without training.",
    "Copy as Python": "Copy Python code that repeats the run.",
    "Copy as command": "Copy a command that repeats the run.",
}
_EVERYTHING = "Everything, in a folder of this name (*)"
_FORMATS = ("PNG (*.png)", "TIFF (*.tif *.tiff)", "JPEG (*.jpg *.jpeg)", _EVERYTHING)


class Keeping(QWidget):
    """Saves a run, and copies text that repeats it.

    Parameters
    ----------
    session : Session
        The session, whose saving continues if the panel is closed.

    Attributes
    ----------
    save : QPushButton
        Saves the coloured image; it is shown in a prominent place outside this widget.
    buttons : dict
        All buttons, by their texts.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._saved_now: set[str] = set()
        self.finished: Finished | None = None
        actions = {
            "Save…": self._ask_and_save_picture,
            "Save result…": self._ask_and_save_result,
            "Save colorizer…": self._ask_and_save_colorizer,
            "Copy as Python": self._copy_python,
            "Copy as command": self._copy_command,
        }
        self.buttons = {name: QPushButton(name) for name in actions}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        for number, (name, action) in enumerate(actions.items()):
            self.buttons[name].clicked.connect(action)
            self.buttons[name].setToolTip(_HELP[name])
            if number:
                grid.addWidget(self.buttons[name], (number - 1) // 2, (number - 1) % 2)
        self.save = self.buttons["Save…"]
        self.set_finished(None)

    def set_finished(self, finished: Finished | None) -> None:
        """Set the run, or none."""
        self.finished = finished
        self._enable()

    def save_result(self, parent: Path) -> Path:
        """Write the result, with the user's changes, to a new folder in `parent`; return its path.

        Raises
        ------
        BadFileError
            If it cannot be written.
        """
        finished = self.finished
        assert finished is not None
        assert finished.result is not None
        return results.save_result(finished.result, finished.inputs, parent)

    def as_python(self) -> str:
        """Return the Python code that repeats the run."""
        return self._text(scripts.as_python)

    def as_command(self) -> str:
        """Return the command that repeats the run."""
        return self._text(scripts.as_command)

    def _text(self, write: Callable[[Inputs, Settings, Steering], str]) -> str:
        finished = self.finished
        assert finished is not None
        assert finished.run is not None
        settings = finished.colorizer.settings
        return write(finished.inputs, settings, finished.run.obeyed)

    def _enable(self) -> None:
        finished = self.finished
        result = None if finished is None else finished.result
        for name, button in self.buttons.items():
            has = finished if name == "Save colorizer…" else result
            if isalive(button):  # type: ignore[no-untyped-call] # the panel may have been closed while something was saved
                button.setEnabled(has is not None and name not in self._saved_now)

    def _ask_and_save_picture(self) -> None:
        finished = self.finished
        if finished is None or finished.result is None:
            return
        name = f"{results.suggested_name(finished.inputs)}.png"
        path, chosen = QFileDialog.getSaveFileName(
            self, "Save the coloured image", name, ";;".join(_FORMATS)
        )
        if path:
            result, inputs = finished.result, finished.inputs
            save = results.save_folder if chosen == _EVERYTHING else results.save_picture
            self._save("Save…", partial(save, result, inputs, Path(path)))

    def _ask_and_save_result(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Save the result in a new folder inside …")
        finished = self.finished
        if folder and finished is not None and finished.result is not None:
            result, inputs = finished.result, finished.inputs
            self._save("Save result…", partial(results.save_result, result, inputs, Path(folder)))

    def _ask_and_save_colorizer(self) -> None:
        suggestion = "colorizer.safetensors"
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the colorizer", suggestion, "Colorizer (*.safetensors)"
        )
        finished = self.finished
        if path and finished is not None:
            save = partial(results.save_colorizer, finished.colorizer, Path(path))
            self._save("Save colorizer…", save)

    def _save(self, name: str, save: Callable[[], Path]) -> None:
        """Save in the background, with the button disabled."""
        self._saved_now.add(name)
        self._enable()
        self._session.saving.ask(
            save, partial(self._on_saved, name), partial(self._on_unsaved, name)
        )

    def _on_saved(self, name: str, path: Path) -> None:
        self._unlock(name)
        notices.notify(f"Saved in {path}")

    def _on_unsaved(self, name: str, error: Exception) -> None:
        self._unlock(name)
        notices.notify_error(error)

    def _unlock(self, name: str) -> None:
        self._saved_now.discard(name)
        self._enable()

    def _copy_python(self) -> None:
        self._copy(self.as_python())

    def _copy_command(self) -> None:
        assert self.finished is not None
        remark = ""
        if not self.finished.inputs.has_one_contrast:
            remark = (
                " Its sources have different contrast limits, which a command cannot state: use "
                "the Python code, or 'napari-oneshot-color repeat' with the saved result."
            )
        self._copy(self.as_command(), remark)

    def _copy(self, text: str, remark: str = "") -> None:
        assert self.finished is not None
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        run = self.finished.run
        assert run is not None
        names = [f"{role}.tif" for role, _ in self.finished.inputs.roles()]
        if run.obeyed.hints is not None:
            names += ["hints.tif", "hints.json"]
        sentence = (
            f"Copied. Files named {', '.join(names[:-1])} or {names[-1]} are in the saved result."
        )
        if run.obeyed.regions is not None:
            sentence += (
                " It does not repeat edits of regions; 'napari-oneshot-color repeat' with the "
                "saved result does."
            )
        notices.notify(sentence + remark)
