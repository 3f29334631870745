"""The training loop: progress, previews, stopping, and checks for divergence."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.matching.chosen import matcher_for
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.networks.chroma import NeighbourChroma
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.progress import Clock, Losses, LossHistory, Progress
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.chroma import ChromaTraining
from napari_oneshot_color.training.cuda_graph import Repeated
from napari_oneshot_color.training.step import Training

__all__ = ["TrainingDivergedError", "train_steps"]

_CHECK_INTERVAL = 50  # steps between checks for NaN; each check waits for the device
_PREVIEW_INTERVAL = 1.0  # s, at least, between previews; each also costs the viewer a repaint
_PREVIEW_SHARE = 0.03  # largest share of the training time spent on previews

Watcher = Callable[[Colorizer], NDArray[np.float32]]
Judge = Callable[[Colorizer], Colorizer]


class TrainingDivergedError(OneshotColorError):
    """A loss or a weight became NaN or infinite during training.

    Attributes
    ----------
    colorizer : Colorizer or None
        The generator in its last state with finite losses and weights, if there was one.
        `train_steps` leaves its record to the caller.
    """

    def __init__(self, message: str, colorizer: Colorizer | None = None) -> None:
        super().__init__(message)
        self.colorizer = colorizer


def train_steps(
    sources: Sequence[Prepared],
    settings: Settings,
    device: Device,
    *,
    matcher: Matcher | None = None,
    stop: threading.Event | None = None,
    preview: Watcher | None = None,
    after_epoch: Watcher | None = None,
    trusted: Judge | None = None,
) -> Generator[Progress, None, tuple[Colorizer, LossHistory]]:
    """Train a colorizer on one or more sources.

    Parameters
    ----------
    sources : sequence of Prepared
        The colour examples; their weights say how often patches come from each.
    settings : Settings
        The run's settings.
    device : Device
        Where to train.
    matcher : Matcher, optional
        The matcher of the sources, if there is one already.
    stop : threading.Event, optional
        Ends the training when set, before the next step, but not before the first.
    trusted : callable, optional
        Sets the trust of a colorizer whose training is not finished.
    preview, after_epoch : callable, optional
        Make an image with the current colorizer, from time to time and after each epoch. They do
        not affect the training.

    Yields
    ------
    Progress
        About ten times a second, and after each epoch; nothing if there is no network to train.

    Returns
    -------
    colorizer : Colorizer
        The trained generator. Its settings repeat this run, even a stopped one.
    history : LossHistory
        The losses of every step.

    Raises
    ------
    TrainingDivergedError
        If a loss or a weight is NaN or infinite; it contains the last good colorizer.
    """
    if matcher is None and settings.looks_at_source:
        workings = [source.working for source in sources]
        matcher = matcher_for(workings, settings, device.for_matching)
    if settings.network == "none":
        untrained = Colorizer(NeighbourChroma(), device.resolved(settings), device, matcher=matcher)
        return untrained, LossHistory.from_table(np.zeros((0, 4), np.float32))
    training: Training
    if settings.network == "chroma":
        assert matcher is not None
        training = ChromaTraining(sources, matcher.own_cues, settings, device)
    else:
        training = AdversarialTraining(sources, settings, device)
    kept_matcher = matcher if settings.looks_at_source else None
    table = torch.zeros(settings.steps, 4, dtype=torch.float32, device=device.torch_device)
    repeated = Repeated(
        training, device.torch_device, record=settings.cuda_graph and len(sources) == 1
    )
    guard = _Guard(training, settings, device, kept_matcher, trusted)
    clock, preview_clock = Clock(), Clock(_PREVIEW_INTERVAL)
    done = 0
    yield Progress("training", 0, settings.steps, epoch=1)
    while done < settings.steps and not (done and stop is not None and stop.is_set()):
        table[done] = repeated.step()
        done += 1
        epoch_ended = done % settings.steps_per_epoch == 0
        if done % _CHECK_INTERVAL == 0 or epoch_ended or done == settings.steps:
            guard.check(table[:done])
        report = clock.is_due() or done == settings.steps
        if not (report or epoch_ended):
            continue
        shown: dict[str, NDArray[np.float32]] = {}
        current = Colorizer(training.generator, settings, device, matcher=kept_matcher)
        if after_epoch and epoch_ended:
            shown["epoch_image"] = after_epoch(current)
        if preview and preview_clock.is_due():
            timer = Clock()
            shown["preview"] = preview(trusted(current) if trusted else current)
            preview_clock.interval = max(_PREVIEW_INTERVAL, timer.seconds() / _PREVIEW_SHARE)
        yield Progress(
            "training",
            done,
            settings.steps,
            epoch=min(1 + (done - 1) // settings.steps_per_epoch, settings.epochs),
            seconds_left=clock.seconds_left(done, settings.steps),
            losses=Losses(*table[done - 1].tolist()),
            **shown,
        )
    guard.check(table[:done])
    reproducing = settings.replace(max_steps=done) if done < settings.steps else settings
    generator = training.generator.eval()
    colorizer = Colorizer(generator, device.resolved(reproducing), device, matcher=kept_matcher)
    if trusted and done < settings.planned_steps:
        colorizer = trusted(colorizer)
    return colorizer, LossHistory.from_table(table[:done].cpu().numpy())


class _Guard:
    """Checks for NaN and infinity, and keeps the last good state of the generator."""

    def __init__(
        self,
        training: Training,
        settings: Settings,
        device: Device,
        matcher: Matcher | None,
        trusted: Judge | None,
    ) -> None:
        self._training = training
        self._trusted = trusted
        self._settings = settings
        self._device = device
        self._matcher = matcher
        self._good: nn.Module | None = None
        self._good_steps = 0

    def check(self, losses: Tensor) -> None:
        state = self._training.generator.state_dict()
        if torch.stack([part.isfinite().all() for part in (losses, *state.values())]).all():
            if self._good is None:
                self._good = copy.deepcopy(self._training.generator).eval()
            else:
                self._good.load_state_dict(state)
            self._good_steps = len(losses)
            return
        kept = None
        if self._good is not None:
            settings = self._device.resolved(self._settings.replace(max_steps=self._good_steps))
            kept = Colorizer(self._good, settings, self._device, matcher=self._matcher)
            kept = self._trusted(kept) if self._trusted else kept
        raise TrainingDivergedError(
            f"Training diverged within its first {len(losses)} steps: a loss became infinite. "
            "Lower the learning rate or the reconstruction weight, or choose precision 'float32'. "
            + ("The last good state was kept." if kept else "Nothing was learnt before."),
            kept,
        )
