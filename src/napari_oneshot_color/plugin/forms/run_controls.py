"""The button that runs and stops, the sentence under it, and the progress."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import wrapped
from napari_oneshot_color.plugin.forms.message import Message
from napari_oneshot_color.progress import STAGES, Clock

if TYPE_CHECKING:
    from napari_oneshot_color.progress import Progress

__all__ = ["RunControls", "RunState"]

_SHOW_INTERVAL = 1.0  # s; any repaint makes OpenGL compose the whole window anew, canvas included

_TITLES = STAGES | {"chunks": "Colouring the stack"}


class RunState(Enum):
    """What a run's button says, and therefore does."""

    IDLE = "Run"
    RUNNING = "Stop"
    STOPPING = "Stopping…"


_HELP = {
    RunState.IDLE: "Colour the target. Your own layers are never changed.",
    RunState.RUNNING: "Stop training, and make the image from what was learnt so far.",
    RunState.STOPPING: "The image is being made from what was learnt.",
}


class RunControls(QWidget):
    """One button for run and stop, driven by one state."""

    run_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._problem: str | None = None
        self._clock = Clock(_SHOW_INTERVAL)
        self._shown_stage = ""
        self.button = QPushButton()
        self.button.clicked.connect(self._on_click)
        self.sentence = Message()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the run")
        self.stage = wrapped()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        for widget in (self.button, self.sentence, self.stage, self.bar):
            layout.addWidget(widget)
        self.state = RunState.IDLE

    @property
    def state(self) -> RunState:
        """Whether a run is under way."""
        return self._state

    @state.setter
    def state(self, state: RunState) -> None:
        self._state = state
        self.button.setText(state.value)
        self.button.setToolTip(_HELP[state])
        self.bar.setVisible(state is not RunState.IDLE)
        self.stage.setVisible(state is not RunState.IDLE)
        if state is RunState.IDLE:
            self.bar.setRange(0, 0)
            self.stage.setText("Starting…")
            self._shown_stage = ""
        self._refresh()

    def set_problem(self, problem: str | None, hint: str = "") -> None:
        """Say what is wrong and disable the button, or else give a hint."""
        self._problem = problem
        self.sentence.say(problem or hint)
        self._refresh()

    def show_progress(self, progress: Progress, prefix: str = "") -> None:
        """Show how far a run is, at most once a second within a stage.

        With a preview it is shown at once: the canvas is repainted then, too.
        """
        is_new = progress.stage != self._shown_stage or progress.preview is not None
        if not (is_new or self._clock.is_due()):
            return
        self._shown_stage = progress.stage
        self._clock = Clock(_SHOW_INTERVAL)
        self.bar.setRange(0, progress.total)
        self.bar.setValue(progress.done)
        parts = [prefix + _TITLES[progress.stage]]
        if progress.epoch:
            parts.append(f"epoch {progress.epoch}")
        if progress.seconds_left is not None:
            minutes, seconds = divmod(round(progress.seconds_left), 60)
            parts.append(f"{minutes}:{seconds:02d} left")
        self.stage.setText(" · ".join(parts))

    def _refresh(self) -> None:
        blocked = self._state is RunState.IDLE and self._problem is not None
        self.button.setEnabled(self._state is not RunState.STOPPING and not blocked)
        self.sentence.setVisible(self._state is RunState.IDLE and bool(self.sentence.text()))

    def stop_with(self, panel: QWidget) -> None:
        """Stop a run when its panel is removed from the viewer: nobody could stop it later.

        The controls keep the panel alive, because a run keeps only the controls: if the panel was
        destroyed before the run ends, its result would not be shown.
        """
        self._panel = panel
        panel.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Notice that the panel was taken out of the viewer."""
        if event.type() == QEvent.Type.ParentChange and watched.parent() is None:
            self._stop()
        return False

    def _on_click(self) -> None:
        if self._state is RunState.IDLE:
            self.run_requested.emit()
        else:
            self._stop()

    def _stop(self) -> None:
        if self._state is RunState.RUNNING:
            self.state = RunState.STOPPING
            self.stop_requested.emit()
