"""The tab "Apply": more images and stacks, coloured without training."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_oneshot_color.errors import OneshotColorError, translated_errors
from napari_oneshot_color.plugin.forms.extent import Extent
from napari_oneshot_color.plugin.forms.form_parts import (
    follow_names,
    if_alive,
    offer_anew,
    rows,
    shrinking,
    tab_in_order,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.forms.layer_boxes import LayerBoxes
from napari_oneshot_color.plugin.forms.open_colorizer import OpenColorizer
from napari_oneshot_color.plugin.forms.run_controls import RunControls, RunState
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.forms.slice_in_view import SliceInView
from napari_oneshot_color.plugin.forms.tone_question import ToneQuestion
from napari_oneshot_color.plugin.forms.work_sign import WorkSign
from napari_oneshot_color.plugin.layers import checks
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import is_own
from napari_oneshot_color.plugin.layers.targets import as_target, is_stack
from napari_oneshot_color.plugin.layers.tones import TONES
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.bit_by_bit import bit_by_bit
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.warming import import_soon
from napari_oneshot_color.plugin.stacks.compute_all import ComputeAllButton
from napari_oneshot_color.plugin.stacks.key_list import KeyList
from napari_oneshot_color.plugin.stacks.live_layer import LiveSlices, colored_steps
from napari_oneshot_color.plugin.stacks.slices import ColoredSlices

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.jobs import MakeSteps
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result.result import Result

__all__ = ["ApplyTab"]

_WITHOUT_TRAINING = tuple(kind for kind in LAYERS if kind != "epochs")


class ApplyTab(QWidget):
    """Colour more images, or a whole stack, with a colorizer that was trained before.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are offered, and which gets the results.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._jobs = Jobs(self)

        self.colorizer = ComboBox(label="Colorizer", choices=self._colorizers)
        self.colorizer.tooltip = "What a run has learnt: one of this viewer, or one from a file."
        self.open_button = OpenColorizer()
        self.target = ComboBox(label="Target", choices=self._grays)
        self.target.tooltip = "The grey image or stack to colour. It is never changed."
        self.view = SliceInView(viewer, lambda: self.target.value, self)
        self.extent = Extent()
        self.keys = KeyList(viewer, self.view)
        self.tone_question = ToneQuestion()
        self._layer_boxes = LayerBoxes(_WITHOUT_TRAINING)
        self.more_layers = Section("Layers to add", self._layer_boxes.widget.native)
        self.layers = self._layer_boxes.boxes
        self.controls = RunControls()
        self.compute_all = ComputeAllButton(self._start)
        self.work = WorkSign("Colouring the slice in view…")
        for box in (self.colorizer, self.target):
            shrinking(box.native)
        form = QWidget()
        layout = QVBoxLayout(form)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(rows(self.colorizer, self.target))
        parts = (self.tone_question, self.open_button, self.extent, self.keys, self.more_layers)
        for part in parts:
            layout.addWidget(part)
        outer = QVBoxLayout(self)
        outer.addWidget(form)
        for widget in (self.controls, self.work, self.compute_all):
            outer.addWidget(widget)
        outer.addStretch()

        self.open_button.opened.connect(self._take)
        self.controls.run_requested.connect(self.run)
        self.controls.stop_requested.connect(self._jobs.stop)
        self.colorizer.changed.connect(self.check)
        self.target.changed.connect(self.check)
        self.extent.changed.connect(self.check)
        self.keys.changed.connect(self.check)
        self.keys.listed.connect(self._on_listed)
        self.view.changed.connect(self.check)
        self.tone_question.accepted.connect(self._take_print)
        TONES.found.connect(self.reset_choices)
        self._session.changed.connect(self.reset_choices)
        follow_names(self._viewer.layers, self)
        self.controls.stop_with(self)
        wheel_with_focus(self)
        self.reset_choices()
        import_soon()

    @if_alive
    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.colorizer)
        offer_anew(self.target)
        self.tone_question.ask_about(self._brought_along())
        self.check()

    def check(self, event: object = None) -> bool:
        """Return whether the choice can run; if not, say why under the button."""
        self.extent.setVisible(self._is_stack)
        self.keys.offer_for(self.target.value if self._is_stack else None, self.colorizer.value)
        self.keys.setVisible(self._is_stack and not self._is_slice)
        self.more_layers.setVisible(self._is_slice or not self._is_stack)
        problem = self._problem()
        self.controls.set_problem(problem)
        self.compute_all.setVisible(self._is_stack)
        self.compute_all.refresh(is_free=self._session.running is None)
        return problem is None

    def take_colorizer(self, colorizer: Colorizer) -> None:
        """Choose a colorizer of the session."""
        self.colorizer.value = colorizer

    def try_to_open(self, path: Path) -> None:
        """Read a colorizer from a file in the background, and choose it."""
        self.open_button.open(path)

    def color_stack(self, colorizer: Colorizer, layer: Image) -> None:
        """Colour a whole stack as it is looked at, with a colorizer of the session."""
        self.reset_choices()
        self.colorizer.value, self.target.value = colorizer, layer
        self.extent.whole.setChecked(True)
        self.run()

    def run(self) -> None:
        """Colour the chosen target: an image, a slice, or a stack as it is looked at."""
        if not self.check() or self.controls.state is not RunState.IDLE:
            return
        target = self._chosen()
        number = self._session.number(target.name)
        run = Run(self._viewer.layers, target, self._layer_boxes.wanted, number)
        if target.data.ndim > 2:
            self._add_stack(run, target)
        else:
            self._start(
                partial(_image_steps, self.colorizer.value, target, run.layers.kinds),
                returned=partial(self._on_result, run),
                failed=run.layers.undo,
                goes_on=True,
            )

    def _on_listed(self) -> None:
        tab_in_order(self)

    def _take_print(self, layer: Image) -> None:
        self.target.value = layer

    def _take(self, path: Path, colorizer: Colorizer) -> None:
        self._session.add_colorizer(path.name, colorizer)
        self.colorizer.value = colorizer

    def _problem(self) -> str | None:
        if self._session.running not in (None, self._jobs):
            return "Another run is under way. Wait for it, or stop it."
        if self.colorizer.value is None:
            return "Colour an image first, or open a colorizer."
        problem = checks.target_problem(
            self.target.value,
            self.colorizer.value.settings,
            self._viewer.dims.point if self._is_slice else None,
        )
        return problem or (None if self._is_slice else self.keys.problem())

    @property
    def _is_stack(self) -> bool:
        layer = self.target.value
        return layer is not None and is_stack(layer)

    @property
    def _is_slice(self) -> bool:
        return self._is_stack and not self.extent.is_whole

    def _chosen(self) -> LayerImage:
        """Take what is to be coloured."""
        layer = self.target.value
        return self.view.take(layer) if self._is_slice else as_target(layer)

    def _colorizers(self, widget: Any) -> list[tuple[str, Colorizer]]:
        return list(self._session.colorizers.items())

    def _grays(self, widget: Any) -> list[Any]:
        return [layer for layer in self._brought_along() if TONES.is_target(layer)]

    def _brought_along(self) -> list[Any]:
        return [layer for layer in self._viewer.layers if not is_own(layer)]

    def _add_stack(self, run: Run, target: LayerImage) -> None:
        colorizer: Colorizer = self.colorizer.value
        keys, show = self.keys.taken(), partial(self._show_stack, run, target, colorizer)
        if keys:  # they are compared with their slices, which may have to be read
            steps = partial(colored_steps, colorizer, target, keys)
            self._start(steps, returned=show, failed=run.layers.undo)
            return
        try:
            with translated_errors():
                show(ColoredSlices.of(colorizer, target))
        except OneshotColorError as error:
            run.layers.undo()
            notices.notify_error(error)

    def _show_stack(
        self, run: Run, target: LayerImage, colorizer: Colorizer, slices: ColoredSlices
    ) -> None:
        live = LiveSlices(self._viewer.layers, colorizer, target, slices)
        live.add_to(run.layers)
        self.compute_all.live = live
        self.work.watch([live.coloring])
        self._session.add(run)

    def _on_result(self, run: Run, outcome: tuple[Result, dict[str, Picture]]) -> None:
        bit_by_bit(
            run.show_steps(*outcome),
            partial(self._on_shown, run),
            lambda: not self._jobs.is_closed,
        )

    def _on_shown(self, run: Run) -> None:
        self._end()
        self._session.add(run)

    def _start(
        self,
        make_steps: MakeSteps,
        *,
        returned: Callable[[Any], None],
        failed: Callable[[], None],
        goes_on: bool = False,
    ) -> None:
        """Run something in the worker's thread; if it continues after that, `returned` ends it."""
        self.controls.state = RunState.RUNNING
        self._session.running = self._jobs

        def on_returned(outcome: Any) -> None:
            if not goes_on:
                self._end()
            returned(outcome)

        def on_failed(error: Exception) -> None:
            failed()
            self._end()
            notices.notify_error(error)

        self._jobs.start(make_steps, on_returned, on_failed, self.controls.show_progress)

    def _end(self) -> None:
        self.controls.state = RunState.IDLE
        self._session.running = None


def _image_steps(
    colorizer: Colorizer, target: LayerImage, kinds: Collection[str], stop: threading.Event
) -> Generator[Progress, None, tuple[Result, dict[str, Picture]]]:
    from napari_oneshot_color.pipeline import apply_steps

    result = yield from apply_steps(
        colorizer, target.array(), target_limits=target.limits, target_name=target.name
    )
    notes = (*target.notes, *result.record.notes)
    result = replace(result, record=result.record.replace(notes=notes))
    return result, pictures(result, kinds)
