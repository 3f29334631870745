"""What a viewer's runs made, one of them chosen: save it, copy what repeats it, compare it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.compat import isalive
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_oneshot_color.plugin.forms.form_parts import offer_anew, rows, shrinking
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.saving import results, scripts

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.runs.finished import Finished
    from napari_oneshot_color.plugin.runs.session import Session
    from napari_oneshot_color.settings import Settings
    from napari_oneshot_color.steering.changes import Steering

__all__ = ["ResultsPanel"]


class ResultsPanel(QWidget):
    """Choose one of the runs that were made in the viewer; save, copy and compare it.

    Parameters
    ----------
    session : Session
        Has the runs, also those of a panel that was closed.

    Attributes
    ----------
    choice : magicgui.widgets.ComboBox
        The runs; a new one is chosen as it comes.
    buttons : dict
        By what they say.
    """

    chosen = Signal()
    """The user chose another run."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._newest: Finished | None = None
        self._saved_now: set[str] = set()
        self.choice = ComboBox(label="result", choices=self._choices)
        self.choice.tooltip = (
            "The runs of this viewer. One whose layers you have all removed is dropped when "
            "the next one ends."
        )
        shrinking(self.choice.native)
        self._row = rows(self.choice)
        actions = {
            "Save result…": self._ask_and_save_result,
            "Save colorizer…": self._ask_and_save_colorizer,
            "Copy as Python": self._copy_python,
            "Copy as command": self._copy_command,
            "Show it alone": self._show_alone,
        }
        self.buttons = {name: QPushButton(name) for name in actions}
        self.buttons["Show it alone"].setToolTip(
            "Hide the layers of the other runs: choose one after the other to compare them."
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._row)
        grid = QGridLayout()
        outer.addLayout(grid)
        for number, (name, action) in enumerate(actions.items()):
            self.buttons[name].clicked.connect(action)
            grid.addWidget(self.buttons[name], number // 2, number % 2)
        self.choice.changed.connect(self._on_chosen)
        session.changed.connect(self.reset_choices)
        self.reset_choices()

    @property
    def finished(self) -> Finished | None:
        """The run that is chosen."""
        finished: Finished | None = self.choice.value
        return finished

    @property
    def colorizer(self) -> Colorizer | None:
        """What the chosen run learnt."""
        return None if self.finished is None else self.finished.colorizer

    def reset_choices(self, event: object = None) -> None:
        """Offer the session's runs; choose one that is new."""
        offer_anew(self.choice)
        newest = self._session.finished[-1] if self._session.finished else None
        if newest is not None and newest is not self._newest:
            with self.choice.changed.blocked():
                self.choice.value = newest
        self._newest = newest
        self._enable()

    def save_result(self, parent: Path) -> Path:
        """Write the result, edited or not, to a new folder in `parent`, and say where.

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
        """Write the Python that repeats the run."""
        return self._text(scripts.as_python)

    def as_command(self) -> str:
        """Write the command line that repeats the run."""
        return self._text(scripts.as_command)

    def _text(self, write: Callable[[Inputs, Settings, Steering], str]) -> str:
        finished = self.finished
        assert finished is not None
        assert finished.run is not None
        settings = finished.colorizer.settings
        return write(finished.inputs, settings, finished.run.obeyed)

    def _choices(self, widget: Any) -> list[tuple[str, Finished]]:
        named: dict[str, Finished] = {}
        for finished in self._session.finished:
            numbered = (f"{finished.title} ({n})" if n > 1 else finished.title for n in count(1))
            named[next(name for name in numbered if name not in named)] = finished
        return list(named.items())

    def _on_chosen(self, event: object = None) -> None:
        self._enable()
        self.chosen.emit()

    def _enable(self) -> None:
        self._row.setVisible(self.finished is not None)
        result = None if self.finished is None else self.finished.result
        for name, button in self.buttons.items():
            has = self.colorizer if name == "Save colorizer…" else result
            button.setEnabled(has is not None and name not in self._saved_now)

    def _show_alone(self) -> None:
        for finished in self._session.finished:
            if finished.run is not None and finished is not self.finished:
                finished.run.layers.hide()
        if self.finished is not None and self.finished.run is not None:
            self.finished.run.show_final()

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
        colorizer = self.colorizer
        if path and colorizer is not None:
            save = partial(results.save_colorizer, colorizer, Path(path))
            self._save("Save colorizer…", save)

    def _save(self, name: str, save: Callable[[], Path]) -> None:
        """Save in the background; the button is locked meanwhile."""
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
        if isalive(self):  # type: ignore[no-untyped-call] # the panel may have been closed while something was saved
            self._enable()

    def _copy_python(self) -> None:
        self._copy(self.as_python())

    def _copy_command(self) -> None:
        assert self.finished is not None
        told = ""
        if not self.finished.inputs.has_one_contrast:
            told = (
                " The contrasts of its sources differ, which the command does not tell: take the "
                "Python, or 'napari-oneshot-color repeat' of the saved result."
            )
        self._copy(self.as_command(), told)

    def _copy(self, text: str, told: str = "") -> None:
        assert self.finished is not None
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        run, inputs = self.finished.run, self.finished.inputs
        assert run is not None
        names = [f"{role}.tif" for role, _ in inputs.roles()]
        if run.obeyed.hints is not None:
            names += ["hints.tif", "hints.json"]
        sentence = (
            f"Copied. Files named {', '.join(names[:-1])} or {names[-1]} are in the saved result."
        )
        if run.obeyed.regions is not None:
            sentence += (
                " The edits of its regions are not repeated: 'napari-oneshot-color repeat' of the "
                "saved result does."
            )
        notices.notify(sentence + told)
