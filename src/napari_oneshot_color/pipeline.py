"""The whole method, in order: patches, training, tiles, merge, Quickshift, LAB join."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from napari_oneshot_color.colorizer.colorizer import Colorizer, check_colorizer
from napari_oneshot_color.colorizer.device import Device, choose_device
from napari_oneshot_color.errors import translated_errors
from napari_oneshot_color.matching.chosen import matcher_for
from napari_oneshot_color.pair.checks import as_array
from napari_oneshot_color.pair.prepare import (
    Prepared,
    Source,
    listed,
    prepare_sources,
    prepare_target,
)
from napari_oneshot_color.progress import Progress, Steps, Stopwatch
from napari_oneshot_color.result.recording import recorded
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.result.steps import result_steps
from napari_oneshot_color.settings import Settings, settings_or_default
from napari_oneshot_color.stages.target import TargetStages
from napari_oneshot_color.stages.trust import trusted
from napari_oneshot_color.training.loop import train_steps
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["apply_steps", "colorize", "colorize_steps", "train", "training_steps"]


def colorize_steps(
    source: AnyArray | Source | Sequence[Source],
    target: AnyArray,
    settings: Settings | None = None,
    *,
    stop: threading.Event | None = None,
    previews: bool = False,
    source_limits: Limits | None = None,
    target_limits: Limits | None = None,
    source_name: str = "source",
    target_name: str = "target",
) -> Generator[Progress, None, Result]:
    """Colour a grey target from a colour source, step by step.

    `colorize`, the command line and the viewer all iterate this generator.

    Parameters
    ----------
    source : ndarray, Source or sequence of Source
        ``(H, W, 3)`` or ``(H, W, 4)``, any real dtype; or several sources with their weights.
    target : ndarray
        ``(H, W)``, any real dtype.
    settings : Settings, optional
        The settings; by default those of the preset ``best``.
    stop : threading.Event, optional
        Ends the training when set; the target is then coloured with what has been learnt.
    previews : bool
        Whether to make preview images: one from the nearest neighbours before the training, and
        others during it, which take a thirtieth of its time.
    source_limits, target_limits : tuple of float, optional
        Values that become 0 and 1. By default, unsigned integers of 8 and 16 bits are scaled by
        their dtype, floats in [0, 1] are used unchanged, and the rest is scaled by its own range.
    source_name, target_name : str
        Names for the record. A `Source` has its own limits and name.

    Yields
    ------
    Progress
        About ten times a second.

    Returns
    -------
    Result
        The image of every stage, the losses and the record.

    Raises
    ------
    BadPairError
        If the source or the target cannot be used.
    BadSettingsError
        If the device is not available.
    TrainingDivergedError
        If a loss became NaN or infinite.
    OutOfMemoryError, DeviceError
        If the device failed.
    """
    settings = settings_or_default(settings)
    with translated_errors():
        device = choose_device(settings)
        given = listed(source, source_limits, source_name)
        target = as_array(target, "The target is")
        sources = prepare_sources(given, settings, target.shape)
        settings = settings.replace(working_size=sources[0].working_size)
        grey = prepare_target(target, settings, target_limits, target_name)
        run = _colorize_prepared(sources, grey, settings, device, stop, previews)
        return (yield from device.iterate(run))


def _colorize_prepared(
    sources: tuple[Prepared, ...],
    target: Prepared,
    settings: Settings,
    device: Device,
    stop: threading.Event | None,
    previews: bool,
) -> Generator[Progress, None, Result]:
    stopwatch = Stopwatch()
    with stopwatch.time("training"):
        matcher = None
        if previews or settings.looks_at_source:
            matcher = matcher_for([one.working for one in sources], settings, device.for_matching)
        stages = TargetStages(target.working, settings, matcher)
        stages.find_regions_meanwhile()
        if previews:
            yield Progress("training", 0, settings.steps, 1, preview=stages.instant_preview())
        run = train_steps(
            sources,
            settings,
            device,
            matcher=matcher,
            stop=stop,
            preview=stages.tiles_in_place if previews else None,
            after_epoch=stages.result_so_far,
            trusted=trusted,
        )
        training = Steps(recorded(run, sources, settings))
        epochs: list[Image] = []
        for progress in training:
            if progress.epoch_image is not None:
                epochs.append(progress.epoch_image.copy())
            yield progress
        colorizer, losses = training.result
    result = yield from result_steps(colorizer, target, stages, stopwatch)
    return replace(
        result,
        source=sources[0].full,
        losses=losses,
        epochs=np.stack(epochs) if epochs else result.epochs,
    )


def apply_steps(
    colorizer: Colorizer,
    target: AnyArray,
    *,
    target_limits: Limits | None = None,
    target_name: str = "target",
) -> Generator[Progress, None, Result]:
    """Colour a grey target with a trained colorizer, step by step.

    Parameters
    ----------
    colorizer : Colorizer
        Trained here or read from a file.
    target : ndarray
        ``(H, W)``, any real dtype.
    target_limits : tuple of float, optional
        As in `colorize_steps`.
    target_name : str
        Name for the record.

    Yields
    ------
    Progress
        About ten times a second.

    Returns
    -------
    Result
        The image of every stage and the record, but no source, losses or epochs.

    Raises
    ------
    BadPairError
        If the target cannot be used.
    OutOfMemoryError, DeviceError
        If the device failed.
    """
    check_colorizer(colorizer)
    with translated_errors():
        prepared = prepare_target(target, colorizer.settings, target_limits, target_name)
        stages = TargetStages(prepared.working, colorizer.settings, colorizer.matcher)
        run = result_steps(colorizer, prepared, stages, Stopwatch())
        return (yield from colorizer.device.iterate(run))


def colorize(
    source: AnyArray | Source | Sequence[Source],
    target: AnyArray,
    settings: Settings | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Result:
    """Colour a grey target from a colour source.

    Parameters
    ----------
    source, target, settings
        As in `colorize_steps`.
    on_progress : callable, optional
        Called with each `Progress`.
    **options
        Further keyword arguments of `colorize_steps`.

    Returns
    -------
    Result
        The image of every stage, the losses and the record.

    Raises
    ------
    OneshotColorError
        One of its subclasses, as in `colorize_steps`.
    """
    return Steps(colorize_steps(source, target, settings, **options)).finish(on_progress)


def training_steps(
    source: AnyArray | Source | Sequence[Source],
    settings: Settings | None = None,
    *,
    stop: threading.Event | None = None,
    source_limits: Limits | None = None,
    source_name: str = "source",
    target_shape: tuple[int, ...] | None = None,
) -> Generator[Progress, None, Colorizer]:
    """Train a colorizer on a source, without a target, step by step.

    Parameters
    ----------
    source, settings, stop, source_limits, source_name
        As in `colorize_steps`.
    target_shape : tuple of int, optional
        Height and width in px of later targets, if they are known; used with `source_scale` and
        for an automatic working size.

    Yields
    ------
    Progress
        About ten times a second.

    Returns
    -------
    Colorizer
        The trained generator with its settings.

    Raises
    ------
    OneshotColorError
        One of its subclasses, as in `colorize_steps`.
    """
    settings = settings_or_default(settings)
    with translated_errors():
        device = choose_device(settings)
        given = listed(source, source_limits, source_name)
        sources = prepare_sources(given, settings, target_shape)
        settings = settings.replace(working_size=sources[0].working_size)
        training = train_steps(sources, settings, device, stop=stop, trusted=trusted)
        run = recorded(training, sources, settings)
        colorizer, _ = yield from device.iterate(run)
        return colorizer


def train(
    source: AnyArray | Source | Sequence[Source],
    settings: Settings | None = None,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Colorizer:
    """Train a colorizer on a source, without a target.

    Parameters
    ----------
    source, settings
        As in `colorize_steps`.
    on_progress : callable, optional
        Called with each `Progress`.
    **options
        Further keyword arguments of `training_steps`.

    Returns
    -------
    Colorizer
        The trained generator with its settings.

    Raises
    ------
    OneshotColorError
        One of its subclasses, as in `colorize_steps`.
    """
    return Steps(training_steps(source, settings, **options)).finish(on_progress)
