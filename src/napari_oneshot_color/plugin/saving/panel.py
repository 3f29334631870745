"""The results of a viewer: choose one, see how it went, and use it."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.compare import CompareRow
from napari_oneshot_color.plugin.forms.form_parts import if_alive, offer_anew, rows, shrinking
from napari_oneshot_color.plugin.forms.message import Message
from napari_oneshot_color.plugin.forms.next_steps import NextSteps
from napari_oneshot_color.plugin.layers.targets import is_stack
from napari_oneshot_color.plugin.runs.comparing import Comparison
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.story import Story
from napari_oneshot_color.plugin.saving.keeping import Keeping
from napari_oneshot_color.plugin.saving.titles import description, title

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.runs.finished import Finished

__all__ = ["ResultsPanel"]


class ResultsPanel(QWidget):
    """Choose one of the viewer's runs, and save it, undo it or compare it.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, whose session has the runs, including those of a closed panel.

    Attributes
    ----------
    choice : magicgui.widgets.ComboBox
        The runs; a new run is chosen automatically.
    keeping : Keeping
        Buttons that save and repeat, to be placed elsewhere.
    buttons : dict
        All buttons, by their initial texts.
    """

    chosen = Signal()
    """Emitted when another run is chosen."""

    correct_wanted = Signal(object)
    """Emitted when the user wants to correct a `Run`."""

    apply_wanted = Signal(object)
    """Emitted when the user wants to colour more with a `Colorizer`."""

    stack_wanted = Signal(object, object)
    """Emitted when the user wants all slices of a layer coloured with a `Colorizer`."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._newest: Finished | None = None
        self._undone: Finished | None = None
        self._comparison: Comparison | None = None
        self._story = Story(viewer, self)
        self.keeping = Keeping(self._session)
        self.message = Message()
        self.choice = ComboBox(label="Result", choices=self._choices)
        self.choice.tooltip = "The results in this viewer. Choose one to see it alone."
        shrinking(self.choice.native)
        self._row = rows(self.choice)
        self._undo = QPushButton("Undo")
        self._compare = QPushButton("Compare")
        self._compare.setCheckable(True)
        self._compare.setToolTip("Look at the image before and after.")
        self.compare_row = CompareRow()
        self.stages = QCheckBox("Show the stages")
        self.stages.setToolTip(
            "Every step from the grey image to the coloured one, side by side. Nothing is trained."
        )
        self.next = NextSteps()
        steps = (self.next.correct, self.next.more, self.next.stack)
        own = (self._undo, self._compare, *steps)
        self.buttons = {**self.keeping.buttons, **{button.text(): button for button in own}}
        self._lay_out()
        self.choice.changed.connect(self._on_chosen)
        self._undo.clicked.connect(self.undo_or_redo)
        self._compare.toggled.connect(self._on_compare)
        self.compare_row.moved.connect(self._on_moved)
        self.stages.toggled.connect(self._on_stages)
        self.next.correct.clicked.connect(self._on_correct)
        self.next.more.clicked.connect(self._on_more)
        self.next.stack.clicked.connect(self._on_stack)
        self._story.changed.connect(self._on_story)
        self._session.changed.connect(self.reset_choices)
        viewer.layers.events.removed.connect(self._offer_stack)
        self.reset_choices()

    @property
    def finished(self) -> Finished | None:
        """The chosen run."""
        finished: Finished | None = self.choice.value
        return finished

    @property
    def colorizer(self) -> Colorizer | None:
        """The colorizer of the chosen run."""
        return None if self.finished is None else self.finished.colorizer

    @property
    def _stack(self) -> Layer | None:
        """The stack of which the chosen run coloured one slice, if it was not removed."""
        layer = None if self.finished is None else self.finished.target_in(self._viewer.layers)
        return layer if layer is not None and is_stack(layer) else None

    @if_alive
    def reset_choices(self, event: object = None) -> None:
        """Update the list of runs; choose a new one."""
        before = self.finished
        offer_anew(self.choice)
        newest = self._session.finished[-1] if self._session.finished else None
        if newest is not None and newest is not self._newest:
            self._undone = None
            with self.choice.changed.blocked():
                self.choice.value = newest
        self._newest = newest
        if self.finished is not before:
            self.leave()
        self._refresh()

    def leave(self) -> None:
        """End the comparison and the display of stages."""
        self._compare.setChecked(False)
        self.stages.setChecked(False)

    def undo_or_redo(self) -> None:
        """Undo the chosen run, or redo the one that was undone last."""
        if self._undone is not None:
            self._redo(self._undone)
        elif self.finished is not None and self.finished.run is not None:
            self.leave()
            undone = self.finished
            assert undone.run is not None
            undone.run.layers.undo()
            self._session.take_back(undone)
            self._undone = undone
            self._refresh()

    def _redo(self, finished: Finished) -> None:
        run, result = finished.run, finished.result
        assert run is not None
        assert result is not None
        self._undone = None
        for _ in run.layers.show_steps(result, pictures(result, run.layers.kinds)):
            pass
        if "final" in run.layers and run.layers.final is None:  # removed by the user before
            run.show_final()
        self._session.add(run)
        self._session.keep(finished)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._row)
        layout.addWidget(self.message)
        self._actions = _beside(self.keeping.save, self._undo, self._compare)
        for widget in (self._actions, self.compare_row, self.stages, self.next):
            layout.addWidget(widget)

    def _choices(self, widget: Any) -> list[tuple[str, Finished]]:
        several = len({one.inputs.target.name for one in self._session.finished}) > 1
        named: dict[str, Finished] = {}
        for finished in self._session.finished:
            called = title(finished, is_named=several)
            numbered = (f"{called} ({n})" if n > 1 else called for n in count(1))
            named[next(name for name in numbered if name not in named)] = finished
        return list(named.items())

    def _on_chosen(self, event: object = None) -> None:
        """Show only the run that the user chose."""
        self.leave()
        self._undone = None
        for finished in self._session.finished:
            if finished.run is not None and finished is not self.finished:
                finished.run.layers.hide()
        if self.finished is not None and self.finished.run is not None:
            self.finished.run.show_final()
            self._bring_back()
        self._refresh()
        self.chosen.emit()

    def _refresh(self) -> None:
        finished = self.finished
        has_result = finished is not None and finished.result is not None
        self._row.setVisible(finished is not None)
        self._actions.setVisible(finished is not None or self._undone is not None)
        for widget in (self.stages, self.next):
            widget.setVisible(has_result)
        self._offer_stack()
        self.compare_row.setVisible(has_result and self._compare.isChecked())
        self.keeping.set_finished(finished)
        self._undo.setText("Redo" if self._undone is not None else "Undo")
        self._undo.setToolTip(
            "Bring back the result that was undone."
            if self._undone is not None
            else "Remove this result, and restore what was there before."
        )
        self._undo.setEnabled(has_result or self._undone is not None)
        for button in (self._compare, self.next.correct, self.next.stack):
            button.setEnabled(has_result)
        self.next.more.setEnabled(finished is not None)
        self._say(finished)

    @if_alive
    def _offer_stack(self, event: object = None) -> None:
        self.next.stack.setVisible(self._stack is not None)

    def _say(self, finished: Finished | None) -> None:
        if finished is None:
            self.message.say("Undone." if self._undone is not None else "")
            return
        self.choice.tooltip = description(finished)
        self.choice.native.setAccessibleDescription(self.choice.tooltip)
        verdict, reason = finished.verdict()
        minutes, seconds = divmod(round(finished.seconds), 60)
        if verdict:
            self.message.say(f"Done in {minutes}:{seconds:02d} · {verdict}", reason)
        else:
            self.message.say("The run failed; what was learnt is kept.")

    def _bring_back(self) -> None:
        """Add the final layer of the chosen run again, if the user has removed it."""
        run = None if self.finished is None else self.finished.run
        if run is not None and run.layers.final is None:
            run.show_final()
        if run is not None and run not in self._session.runs:  # it forgets runs without layers
            self._session.add(run)

    def _on_compare(self, is_on: bool) -> None:
        if self._comparison is not None:
            self._comparison.end()
            self._comparison = None
        if is_on and self.finished is not None and self.finished.run is not None:
            self._bring_back()
            self._comparison = Comparison(self._viewer.layers, self.finished)
            self.compare_row.reset()
        self.compare_row.setVisible(self._comparison is not None)

    def _on_moved(self, part: float) -> None:
        if self._comparison is not None:
            self._comparison.show(part)

    def _on_stages(self, is_on: bool) -> None:
        if not is_on:
            self._story.end()
        elif self.finished is not None:
            self._compare.setChecked(False)
            self._bring_back()
            self._story.tell(self.finished)

    def _on_story(self) -> None:
        self.stages.setChecked(self._story.shown is not None)

    def _on_correct(self) -> None:
        if self.finished is not None and self.finished.run is not None:
            self.leave()
            self._bring_back()
            self.correct_wanted.emit(self.finished.run)

    def _on_more(self) -> None:
        if self.colorizer is not None:
            self.apply_wanted.emit(self.colorizer)

    def _on_stack(self) -> None:
        """Pass the stack on, and hide the single slice, which would cover it."""
        stack = self._stack
        if stack is not None and self.finished is not None and self.finished.run is not None:
            self.leave()
            self.finished.run.layers.hide()
            self.stack_wanted.emit(self.colorizer, stack)


def _beside(*buttons: QPushButton) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for button in buttons:
        layout.addWidget(button)
    return row
