"""The widget "Colorize from example"."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QFileDialog, QGridLayout, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.errors import TrainingDivergedError
from napari_oneshot_color.plugin import checks, reproduce, saving
from napari_oneshot_color.plugin.device_box import DeviceBox
from napari_oneshot_color.plugin.form_parts import (
    follow_names,
    offer_anew,
    scrolling,
    section,
    shrinking,
)
from napari_oneshot_color.plugin.layer_kinds import LAYERS
from napari_oneshot_color.plugin.layers import is_color, is_grayscale, snapshot
from napari_oneshot_color.plugin.pixel_ratio import at_layers_scale
from napari_oneshot_color.plugin.run_controls import RunControls, RunState
from napari_oneshot_color.plugin.run_layers import RunLayers
from napari_oneshot_color.plugin.session import Session
from napari_oneshot_color.plugin.settings_form import SettingsForm
from napari_oneshot_color.plugin.worker import Failure, Job
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, Settings

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Layer

    from napari_oneshot_color.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers import LayerImage
    from napari_oneshot_color.plugin.loss_plot import LossPlot
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result import Result

__all__ = ["ColorizeWidget"]


class ColorizeWidget(QWidget):
    """Choose a source and a target, watch the training, keep what you like.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are offered, and which gets the results.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._job = Job()
        self._run: RunLayers | None = None
        self._previous: RunLayers | None = None
        self._started: tuple[LayerImage, LayerImage] | None = None
        self._inputs: tuple[LayerImage, LayerImage] | None = None
        self.colorizer: Colorizer | None = None
        self.loss_plot: LossPlot | None = None
        self._build()
        self._connect()
        self.reset_choices()

    @property
    def result(self) -> Result | None:
        """The result of the last run that had one, with what was edited since."""
        return self._previous.shown if self._previous else None

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.source)
        offer_anew(self.target)
        self._check_later()

    def check(self) -> Settings | None:
        """Say under the button what is wrong with the choice; return the settings if nothing is."""
        if self._session.running not in (None, self):
            self.controls.set_problem("Another run is under way. Wait for it, or stop it.")
            return None
        settings = checks.settings_from(self._values())
        if isinstance(settings, str):
            self.controls.set_problem(settings)
            return None
        problem = checks.pair_problem(self.source.value, self.target.value, settings)
        if problem:
            self.controls.set_problem(problem)
            return None
        at_scale = at_layers_scale(*self._snapshots(settings), settings)
        self.controls.set_problem(None, hint=self._hint(settings, at_scale))
        return at_scale

    def run(self) -> None:
        """Start a run on the chosen layers."""
        settings = self.check()
        if settings is None or self.controls.state is not RunState.IDLE:
            return
        source, target = self._started = self._snapshots(settings)
        self._run = self._layers_for(target)
        self._show_losses().clear()
        self.controls.state = RunState.RUNNING
        self._session.running = self
        self._job.start(
            partial(_steps, source, target, settings),
            yielded=self._on_progress,
            returned=self._on_returned,
            errored=self._on_failed,
        )

    def save_result(self, parent: Path) -> Path:
        """Write the last result, edited or not, to a new folder in `parent`, and say where.

        Raises
        ------
        BadFileError
            If it cannot be written.
        """
        assert self.result is not None
        assert self._inputs is not None
        return saving.save_result(self.result, *self._inputs, parent)

    def as_python(self) -> str:
        """Write the Python that repeats the last run."""
        assert self._previous is not None
        wishes = self._previous.steering.obeyed
        return self._text(partial(reproduce.as_python, wishes=wishes))

    def as_command(self) -> str:
        """Write the command line that repeats the last run."""
        return self._text(reproduce.as_command)

    def _text(self, write: Callable[[LayerImage, LayerImage, Settings], str]) -> str:
        assert self.result is not None
        assert self._inputs is not None
        return write(*self._inputs, self.result.colorizer.settings)

    def _build(self) -> None:
        self.settings = SettingsForm(DEFAULT_PRESET, elsewhere=("device", "seed"))
        self.source = ComboBox(label="source", choices=self._choices(is_color))
        self.source.tooltip = "The colour example: an RGB image layer."
        self.target = ComboBox(label="target", choices=self._choices(self._is_target))
        self.target.tooltip = "What to colour: a grayscale image layer. It is never changed."
        self.preset = ComboBox(label="preset", choices=tuple(PRESETS), value=DEFAULT_PRESET)
        self.preset.tooltip = (
            "best: the default, half a minute on two CPU cores. "
            "quick: the paper's networks in three quarters. paper: the printed numbers, for a GPU."
        )
        self.device = DeviceBox()
        self.seed = SpinBox(label="seed", min=0, max=2**31 - 1, value=0)
        self.seed.tooltip = (
            "The same seed repeats a run, byte for byte on a CPU with as many threads."
        )
        self.layers = {
            kind: CheckBox(text=kind, value=on, tooltip=help) for kind, (on, help) in LAYERS.items()
        }
        self.update_layers = CheckBox(text="update the last run's layers", value=False)
        self.update_layers.tooltip = "Otherwise every run adds layers of its own."
        self.controls = RunControls()
        self.buttons = {
            "Save result…": QPushButton("Save result…"),
            "Save colorizer…": QPushButton("Save colorizer…"),
            "Copy as Python": QPushButton("Copy as Python"),
            "Copy as command": QPushButton("Copy as command"),
        }
        self._losses = section("Losses")
        # magicgui's widgets are kept alive by references alone
        self._choice = Container(
            widgets=[self.source, self.target, self.preset, self.device.widget, self.seed]
        )
        self._layer_boxes = Container(
            widgets=[*self.layers.values(), self.update_layers], labels=False
        )
        for box in (self.source, self.target, self.device.widget):
            shrinking(box.native)
        form = QWidget()
        layout = QVBoxLayout(form)
        layout.setSpacing(0)
        layout.addWidget(self._choice.native)
        layout.addWidget(section("Layers to add", self._layer_boxes.native))
        layout.addWidget(section("All settings", self.settings))
        layout.addWidget(self._losses)
        layout.addStretch()
        outer = QVBoxLayout(self)
        outer.addWidget(scrolling(form))
        outer.addWidget(self.controls)
        grid = QGridLayout()
        for number, button in enumerate(self.buttons.values()):
            button.setEnabled(False)
            grid.addWidget(button, number // 2, number % 2)
        outer.addLayout(grid)

    def _connect(self) -> None:
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.timeout.connect(self.check)
        for field in (self.source, self.target, self.seed, self.device.widget):
            field.changed.connect(self._check_later)
        self.preset.changed.connect(self.settings.set_preset)
        self.settings.changed.connect(self.reset_choices)
        self.controls.run_requested.connect(self.run)
        self.controls.stop_requested.connect(self._job.stop)
        self._viewer.layers.selection.events.changed.connect(self._take_selection)
        self._session.changed.connect(self._check_later)
        follow_names(self._viewer.layers, self)
        self.controls.stop_with(self)
        self.destroyed.connect(partial(self._session.abandon, self._job, id(self)))
        for name, action in (
            ("Save result…", self._ask_and_save_result),
            ("Save colorizer…", self._ask_and_save_colorizer),
            ("Copy as Python", self._copy_python),
            ("Copy as command", self._copy_command),
        ):
            self.buttons[name].clicked.connect(action)

    def _check_later(self, event: object = None) -> None:
        """Check once the viewer is at rest: loading a sample changes the layers many times."""
        self._check_soon.start()

    def _choices(self, fits: Callable[[Any], bool]) -> Callable[[Any], list[Any]]:
        return lambda widget: [layer for layer in self._viewer.layers if fits(layer)]

    def _is_target(self, layer: Layer) -> bool:
        takes_color = self.settings.values()["target_luminance"]
        return is_grayscale(layer) or (takes_color and is_color(layer))

    def _values(self) -> dict[str, Any]:
        own = {"device": self.device.value, "seed": self.seed.value}
        return {**self.settings.values(), **own}

    def _snapshots(self, settings: Settings) -> tuple[LayerImage, LayerImage]:
        return snapshot(self.source.value, settings.largest_working_size), snapshot(
            self.target.value
        )

    def _hint(self, settings: Settings, at_scale: Settings) -> str:
        changed = "" if self.settings.is_preset() else ", changed"
        hint = f"{settings.steps:,} training steps (preset {self.preset.value}{changed})."
        if at_scale is not settings:
            hint += (
                f" By the layers' units, a pixel of the source is {at_scale.source_scale:.3g} of "
                "the target's."
            )
        return hint

    def _take_selection(self, event: object = None) -> None:
        """Fill in the two layers that the user selected in the list."""
        chosen = list(self._viewer.layers.selection)
        colors = [layer for layer in chosen if is_color(layer)]
        grays = [layer for layer in chosen if is_grayscale(layer)]
        if len(chosen) == 2 and len(colors) == len(grays) == 1:
            self.source.value, self.target.value = colors[0], grays[0]

    def _layers_for(self, target: LayerImage) -> RunLayers:
        wanted = {kind for kind, box in self.layers.items() if box.value}
        last = self._previous
        if self.update_layers.value and last is not None and last.target_name == target.name:
            return last.reused(target, wanted)
        return RunLayers(self._viewer.layers, target, wanted, self._session.suffix(target.name))

    def _show_losses(self) -> LossPlot:
        if self.loss_plot is None:
            from napari_oneshot_color.plugin.loss_plot import LossPlot  # not needed before

            self.loss_plot = LossPlot()
            self._losses.addWidget(self.loss_plot)
            self._losses.expand(animate=False)
        return self.loss_plot

    def _on_progress(self, progress: Progress) -> None:
        assert self._run is not None
        self.controls.show_progress(progress)
        if progress.losses is not None:
            self._show_losses().add(progress.done, progress.losses)
        if progress.preview is not None:
            self._run.show_tiles(progress.preview)
            self._show_losses().draw()  # in the same repaint
        if progress.epoch_image is not None:
            self._run.add_epoch(progress.epoch_image)

    def _on_returned(self, outcome: Result | Failure) -> None:
        assert self._run is not None
        assert self._started is not None
        if isinstance(outcome, Failure):
            self._on_failed(outcome.error)
            return
        self._inputs, self._previous = self._started, self._run
        self._end()
        self._run.show_result(outcome)
        self._session.add(self._run)
        saving.warn_about(outcome)
        self._keep(outcome.colorizer)
        self._show_losses().show_history(outcome.losses)
        self._enable_buttons()

    def _on_failed(self, error: Exception) -> None:
        assert self._run is not None
        self._run.undo()
        self._end()
        if isinstance(error, TrainingDivergedError) and error.colorizer is not None:
            self._keep(error.colorizer, ", last good state")
        saving.notify_error(error)
        self._enable_buttons()

    def _end(self) -> None:
        self.controls.state = RunState.IDLE
        self._session.running = None

    def _keep(self, colorizer: Colorizer, remark: str = "") -> None:
        assert self._started is not None
        source, target = self._started
        self.colorizer = colorizer
        self._session.add_colorizer(f"{source.name} ({target.name}){remark}", colorizer)

    def _enable_buttons(self) -> None:
        for name, button in self.buttons.items():
            has = self.colorizer if name == "Save colorizer…" else self.result
            button.setEnabled(has is not None)

    def _ask_and_save_result(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Save the result in a new folder inside …")
        if folder:
            saving.attempt(lambda: self.save_result(Path(folder)))

    def _ask_and_save_colorizer(self) -> None:
        suggestion = "colorizer.safetensors"
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the colorizer", suggestion, "Colorizer (*.safetensors)"
        )
        colorizer = self.colorizer
        if path and colorizer is not None:
            saving.attempt(lambda: saving.save_colorizer(colorizer, Path(path)))

    def _copy_python(self) -> None:
        self._copy(self.as_python(), is_steering_repeated=True)

    def _copy_command(self) -> None:
        self._copy(self.as_command(), is_steering_repeated=False)

    def _copy(self, text: str, *, is_steering_repeated: bool) -> None:
        assert self._previous is not None
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        wishes = self._previous.steering.obeyed
        files = "source.tif or target.tif"
        if is_steering_repeated and wishes.painted is not None:
            files = "source.tif, target.tif, hints.tif or hints.json"
        sentence = f"Copied. Files named {files} are in the saved result."
        if self._previous.edited is not None:
            sentence += " The edits of its regions are not repeated."
        if wishes.is_any and not is_steering_repeated:
            sentence += " Hints and fading are not repeated: 'Copy as Python' does."
        saving.notify(sentence)


def _steps(
    source: LayerImage, target: LayerImage, settings: Settings, stop: threading.Event
) -> Generator[Progress, None, Result]:
    from napari_oneshot_color.pipeline import colorize_steps

    result = yield from colorize_steps(
        source.array(),
        target.array(),
        settings,
        stop=stop,
        previews=True,
        source_limits=source.limits,
        target_limits=target.limits,
        source_name=source.name,
        target_name=target.name,
    )
    result.provenance["notes"] = [*source.notes, *target.notes, *result.provenance["notes"]]
    return result
