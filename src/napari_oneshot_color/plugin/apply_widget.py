"""The widget "Apply a trained colorizer": images and stacks, without training."""

from __future__ import annotations

import threading
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, Container
from qtpy.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin import checks, saving
from napari_oneshot_color.plugin.form_parts import (
    follow_names,
    offer_anew,
    scrolling,
    section,
    shrinking,
)
from napari_oneshot_color.plugin.layers import is_grayscale, is_in, snapshot
from napari_oneshot_color.plugin.run_controls import (
    RunControls,
    RunState,
)
from napari_oneshot_color.plugin.run_layers import LAYERS, RunLayers
from napari_oneshot_color.plugin.session import Session
from napari_oneshot_color.plugin.worker import Failure, Job

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image

    from napari_oneshot_color.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers import LayerImage
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result import Result

__all__ = ["ApplyWidget"]

_WITHOUT_TRAINING = ("tiles", "merged", "smoothed", "regions", "quickshift", "final", "L*a*b*")


@dataclass(frozen=True)
class Slice:
    """A slice of a stack that was just coloured.

    Attributes
    ----------
    index, total : int
        Which one, from 0, of how many.
    image : ndarray
        ``(H, W, 3)`` uint8.
    provenance : dict
        Of this slice.
    """

    index: int
    total: int
    image: np.ndarray
    provenance: dict[str, Any]


class ApplyWidget(QWidget):
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
        self._job = Job()
        self._run: RunLayers | None = None
        self._stack: Image | None = None
        self._slices_done = 0
        self._target: LayerImage | None = None

        self.colorizer = ComboBox(label="colorizer", choices=self._colorizers)
        self.colorizer.tooltip = "Trained in this viewer, or read from a file."
        self.open_button = QPushButton("Open a colorizer…")
        self.target = ComboBox(label="target", choices=self._grays)
        self.target.tooltip = "One image, or a stack of them: time or z comes first."
        self.layers = {
            kind: CheckBox(text=kind, value=kind == "final", tooltip=LAYERS[kind][1])
            for kind in _WITHOUT_TRAINING
        }
        self.controls = RunControls()
        self._choice = Container(widgets=[self.colorizer, self.target])
        self._layer_boxes = Container(widgets=list(self.layers.values()), labels=False)
        for box in (self.colorizer, self.target):
            shrinking(box.native)
        form = QWidget()
        layout = QVBoxLayout(form)
        layout.setSpacing(0)
        layout.addWidget(self._choice.native)
        layout.addWidget(self.open_button)
        layout.addWidget(section("Layers to add for a single image", self._layer_boxes.native))
        layout.addStretch()
        outer = QVBoxLayout(self)
        outer.addWidget(scrolling(form))
        outer.addWidget(self.controls)

        self.open_button.clicked.connect(self._ask_and_open)
        self.controls.run_requested.connect(self.run)
        self.controls.stop_requested.connect(self._job.stop)
        self.colorizer.changed.connect(self.check)
        self.target.changed.connect(self.check)
        self._session.changed.connect(self.reset_choices)
        follow_names(self._viewer.layers, self)
        self.controls.stop_with(self)
        self.destroyed.connect(partial(self._session.abandon, self._job, id(self)))
        self.reset_choices()

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.colorizer)
        offer_anew(self.target)
        self.check()

    def check(self, event: object = None) -> bool:
        """Say under the button what is wrong with the choice, and return whether nothing is."""
        problem = self._problem()
        self.controls.set_problem(problem)
        return problem is None

    def open_colorizer(self, path: Path) -> None:
        """Read a colorizer from a file and choose it.

        Raises
        ------
        BadColorizerFileError
            If it is none.
        """
        from napari_oneshot_color.colorizer import Colorizer

        colorizer = Colorizer.load(path)
        self._session.add_colorizer(path.name, colorizer)
        self.colorizer.value = colorizer

    def run(self) -> None:
        """Colour the chosen target."""
        if not self.check() or self.controls.state is not RunState.IDLE:
            return
        target = self._target = snapshot(self.target.value)
        colorizer: Colorizer = self.colorizer.value
        wanted = {kind for kind, box in self.layers.items() if box.value}
        suffix = self._session.suffix(target.name)
        self._run = RunLayers(self._viewer.layers, target, wanted, suffix)
        self._stack = None
        self._slices_done = 0
        is_stack = target.data.ndim == 3 and not self.target.value.rgb
        self.controls.state = RunState.RUNNING
        self._session.running = self
        self._job.start(
            partial(_stack_steps if is_stack else _image_steps, colorizer, target),
            yielded=self._on_yielded,
            returned=self._on_returned,
            errored=self._on_failed,
        )

    def _problem(self) -> str | None:
        if self._session.running not in (None, self):
            return "Another run is under way. Wait for it, or stop it."
        if self.colorizer.value is None:
            return "Train a colorizer with 'Colorize from example', or open one from a file."
        return checks.target_problem(self.target.value, self.colorizer.value.settings, stacks=True)

    def _colorizers(self, widget: Any) -> list[tuple[str, Colorizer]]:
        return list(self._session.colorizers.items())

    def _grays(self, widget: Any) -> list[Any]:
        return [layer for layer in self._viewer.layers if is_grayscale(layer)]

    def _on_yielded(self, news: Progress | Slice) -> None:
        if not isinstance(news, Slice):
            assert self._target is not None
            data = self._target.data
            is_stack = data.ndim == 3
            prefix = f"slice {self._slices_done + 1} of {len(data)} · " if is_stack else ""
            self.controls.show_progress(news, prefix)
            return
        self._slices_done = news.index + 1
        if self._stack is None:
            self._stack = self._add_stack(news)
        if is_in(self._viewer.layers, self._stack):
            self._stack.data[news.index] = news.image
            self._stack.refresh()

    def _add_stack(self, first: Slice) -> Image:
        assert self._target is not None
        assert self._run is not None
        data = np.zeros((first.total, *first.image.shape), np.uint8)
        return self._run.add_stack("final", data, first.provenance)

    def _on_returned(self, outcome: Result | Failure | None) -> None:
        assert self._run is not None
        if isinstance(outcome, Failure):
            self._on_failed(outcome.error)
            return
        self._end()
        if outcome is not None:
            self._run.show_result(outcome)
        self._session.add(self._run)
        if self._stack is not None and self._slices_done < len(self._stack.data):
            saving.notify(
                f"Stopped: {self._slices_done} of {len(self._stack.data)} slices are coloured, "
                "the others are black."
            )

    def _on_failed(self, error: Exception) -> None:
        assert self._run is not None
        self._run.undo()
        self._end()
        saving.notify_error(error)

    def _end(self) -> None:
        self.controls.state = RunState.IDLE
        self._session.running = None

    def _ask_and_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a colorizer", "", "Colorizer (*.safetensors)"
        )
        if path:
            try:
                self.open_colorizer(Path(path))
            except OneshotColorError as error:
                saving.notify_error(error)


def _image_steps(
    colorizer: Colorizer, target: LayerImage, stop: threading.Event
) -> Generator[Progress, None, Result]:
    from napari_oneshot_color.pipeline import apply_steps

    result = yield from apply_steps(
        colorizer, target.array(), target_limits=target.limits, target_name=target.name
    )
    return result


def _stack_steps(
    colorizer: Colorizer, target: LayerImage, stop: threading.Event
) -> Generator[Progress | Slice, None, None]:
    from napari_oneshot_color.files import as_dtype
    from napari_oneshot_color.pipeline import apply_steps

    total = len(target.data)
    for index in range(total):
        if stop.is_set():
            return
        pixels = np.asarray(target.data[index])
        name = f"{target.name}[{index}]"
        blank = _blank(pixels, target.limits)
        if blank is not None:
            yield Slice(index, total, blank, colorizer.provenance | {"target": {"name": name}})
            continue
        result = yield from apply_steps(
            colorizer, pixels, target_limits=target.limits, target_name=name
        )
        image = as_dtype(result.final, np.dtype(np.uint8))
        yield Slice(index, total, image, result.provenance)


def _blank(pixels: np.ndarray, limits: tuple[float, float] | None) -> np.ndarray | None:
    """Show a slice of a single grey as it is: stacks often begin or end with one.

    Parameters
    ----------
    pixels : ndarray
        ``(H, W)``, any real dtype.
    limits : tuple of float or None
        As in `LayerImage`.

    Returns
    -------
    ndarray or None
        ``(H, W, 3)`` uint8; None for a slice of several greys.
    """
    low, high = limits or (0, 1 if pixels.dtype == bool else 255)
    darkest, brightest = np.clip([pixels.min(), pixels.max()], low, high).astype(float)
    if darkest != brightest:  # also if they are NaN
        return None
    return np.full((*pixels.shape, 3), round(255 * (darkest - low) / (high - low)), np.uint8)
