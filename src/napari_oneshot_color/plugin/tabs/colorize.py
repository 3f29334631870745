"""The tab "Colorize": from a pair of layers to a coloured image."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import ref

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QBoxLayout

from napari_oneshot_color.plugin.forms.colorize_form import ColorizeForm
from napari_oneshot_color.plugin.forms.form_parts import wheel_with_focus
from napari_oneshot_color.plugin.forms.run_controls import RunControls, RunState
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.forms.words import in_words
from napari_oneshot_color.plugin.layers import checks
from napari_oneshot_color.plugin.layers.pixel_ratio import at_layers_scale, scale_sentences
from napari_oneshot_color.plugin.layers.tones import TONES
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.bit_by_bit import bit_by_bit
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.warming import import_soon
from napari_oneshot_color.plugin.saving.panel import ResultsPanel
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.forms.loss_plot import LossPlot
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result.result import Result

__all__ = ["ColorizeTab"]


class ColorizeTab(ColorizeForm):
    """Choose sources and a target, watch the training, keep what you like.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered, and which gets the results.
    """

    correct_wanted = Signal(object)
    """The user wants to correct this `Run`."""

    apply_wanted = Signal(object)
    """The user wants to colour more with this `Colorizer`."""

    stack_wanted = Signal(object, object)
    """The user wants all slices of this layer coloured with this `Colorizer`."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__(viewer)
        self._session = Session.of(viewer)
        self._jobs = Jobs(self)
        self._run: Run | None = None
        self._started: Inputs | None = None
        self._settings: Settings | None = None
        self._target: ref[Layer] | None = None
        self.loss_plot: LossPlot | None = None
        self._began = 0.0
        self.controls = RunControls()
        self.results = ResultsPanel(viewer)
        self.buttons = self.results.buttons
        layout = self.layout()
        assert isinstance(layout, QBoxLayout)
        place = layout.indexOf(self.more)
        layout.insertWidget(place, self.results)
        layout.insertWidget(place, self.controls)
        self.more.add(Section("Keep and repeat", self.results.keeping))
        self.results.chosen.connect(self._show_chosen_losses)
        self.results.correct_wanted.connect(self.correct_wanted)
        self.results.apply_wanted.connect(self.apply_wanted)
        self.results.stack_wanted.connect(self.stack_wanted)
        self.settled.connect(self.check)
        self.controls.run_requested.connect(self.run)
        self.controls.stop_requested.connect(self._jobs.stop)
        self._session.changed.connect(self._settle)
        self.controls.stop_with(self)
        wheel_with_focus(self)
        self.restore(self._session.form)
        self.edited.connect(self._remember)
        self.reset_choices()
        import_soon()

    @property
    def result(self) -> Result | None:
        """The result of the chosen run, at first the last one, with the user's edits."""
        return self.results.finished.result if self.results.finished else None

    @property
    def colorizer(self) -> Colorizer | None:
        """What the chosen run learnt."""
        return self.results.colorizer

    def check(self) -> Settings | None:
        """Return the settings, or None if they cannot run, and say why under the button."""
        self.show_times(self._session.durations)
        if self._session.running not in (None, self._jobs):
            self.controls.set_problem("Another run is under way. Wait for it, or stop it.")
            return None
        settings = checks.settings_from(self.values())
        if isinstance(settings, str):
            self.controls.set_problem(in_words(settings))
            return None
        settings = TONES.settings_for(self.target.value, settings)
        problem = checks.pair_problem(
            self.source.value,
            self.target.value,
            settings,
            self._viewer.dims.point,
            self.sources[1:],
        )
        if problem:
            self.controls.set_problem(in_words(problem))
            return None
        inputs = self.inputs(settings)
        at_scale = at_layers_scale(inputs.sources[0], inputs.target, settings)
        self.controls.set_problem(None, hint=self._hint(inputs, settings, at_scale))
        return at_scale

    def run(self) -> None:
        """Start a run on the chosen layers."""
        settings = self.check()
        if settings is None or self.controls.state is not RunState.IDLE:
            return
        self._started, self._settings = self.inputs(settings), settings
        self._target = ref(getattr(self.target.value, "__wrapped__", self.target.value))
        self.results.leave()
        self._run = self._layers_for(self._started.target)
        self._began = time.monotonic()
        self._show_losses().clear()
        self.controls.state = RunState.RUNNING
        self._session.running = self._jobs
        self._jobs.start(
            partial(_steps, self._started, settings, self._run.layers.kinds),
            self._on_returned,
            self._on_failed,
            self._on_progress,
        )

    def save_result(self, parent: Path) -> Path:
        """Write the last result to a new folder in `parent`, as `Keeping` does."""
        return self.results.keeping.save_result(parent)

    def as_python(self) -> str:
        """Write the Python that repeats the last run."""
        return self.results.keeping.as_python()

    def as_command(self) -> str:
        """Write the command line that repeats the last run."""
        return self.results.keeping.as_command()

    def _hint(self, inputs: Inputs, settings: Settings, at_scale: Settings) -> str:
        sentences = [
            self.described(settings, self._session.durations),
            *scale_sentences(inputs, settings, at_scale),
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def _layers_for(self, target: LayerImage) -> Run:
        runs = [one.run for one in self._session.finished if one.run is not None]
        last = runs[-1] if runs and self.update_layers.value else None
        if last is not None and last.layers.target_name == target.name:
            before, number = last, last.layers.number
        else:
            before, number = None, self._session.number(target.name)
        return Run(self._viewer.layers, target, self.wanted_layers, number, before)

    def _show_losses(self) -> LossPlot:
        if self.loss_plot is None:
            from napari_oneshot_color.plugin.forms.loss_plot import LossPlot  # not needed before

            self.loss_plot = LossPlot()
            self.losses.add(self.loss_plot)
        return self.loss_plot

    def _on_progress(self, progress: Progress) -> None:
        assert self._run is not None
        self.controls.show_progress(progress)
        if progress.losses is not None:
            self._show_losses().add(progress.done, progress.losses)
        if progress.preview is not None:
            self._run.layers.show_live(progress.preview)
            self._show_losses().draw()  # in the same repaint
        if progress.epoch_image is not None:
            self._run.layers.add_epoch(progress.epoch_image)

    def _on_returned(self, outcome: tuple[Result, dict[str, Picture]]) -> None:
        assert self._run is not None
        result, shown = outcome
        bit_by_bit(
            self._run.show_steps(result, shown),
            partial(self._on_shown, self._run, result),
            lambda: not self._jobs.is_closed,
        )

    def _on_shown(self, run: Run, result: Result) -> None:
        self._end()
        self._note_duration(result)
        self._session.add(run)
        self._keep(result.colorizer, run)
        self._show_losses().show_history(result.losses)

    def _on_failed(self, error: Exception) -> None:
        from napari_oneshot_color.training.loop import TrainingDivergedError

        assert self._run is not None
        self._run.layers.undo()
        self._end()
        if isinstance(error, TrainingDivergedError) and error.colorizer is not None:
            self._keep(error.colorizer, remark=", last good state")
        notices.notify_error(error)

    def _end(self) -> None:
        self.controls.state = RunState.IDLE
        self._session.running = None

    def _remember(self) -> None:
        self._session.form = self.state()

    def _show_chosen_losses(self) -> None:
        result = self.result
        if result is not None:
            self._show_losses().show_history(result.losses)

    def _note_duration(self, result: Result) -> None:
        """Note how long it took, for the next estimate."""
        assert self._settings is not None
        if not result.record.stopped:
            height, width = result.target.shape
            seconds = time.monotonic() - self._began
            size = result.colorizer.settings.working_size
            self._session.durations.note(self._settings, height * width, seconds, size)

    def _keep(self, colorizer: Colorizer, run: Run | None = None, remark: str = "") -> None:
        assert self._started is not None
        assert self._settings is not None
        seconds = time.monotonic() - self._began
        settings = self._settings.replace(max_steps=colorizer.settings.max_steps)
        self._session.keep(
            Finished(self._started, settings, colorizer, run, remark, seconds, self._target)
        )
        self._session.add_colorizer(f"{self._started.title}{remark}", colorizer)


def _steps(
    inputs: Inputs, settings: Settings, kinds: Collection[str], stop: threading.Event
) -> Generator[Progress, None, tuple[Result, dict[str, Picture]]]:
    """Colour the target, and make the pictures of the result, which take a moment, too."""
    from napari_oneshot_color.pair.prepare import Source
    from napari_oneshot_color.pipeline import colorize_steps

    sources = [
        Source(source.array(), source.name, source.limits, weight)
        for source, weight in zip(inputs.sources, inputs.weights, strict=True)
    ]
    result = yield from colorize_steps(
        sources,
        inputs.target.array(),
        settings,
        stop=stop,
        previews=True,
        target_limits=inputs.target.limits,
        target_name=inputs.target.name,
    )
    notes = (*inputs.notes, *result.record.notes)
    result = replace(result, record=result.record.replace(notes=notes))
    return result, pictures(result, kinds)
