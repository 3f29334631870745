"""The record of a training: sources, steps, device."""

from __future__ import annotations

import platform
from collections.abc import Generator, Sequence

import torch

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.progress import LossHistory, Progress
from napari_oneshot_color.record import NOTE, DescriptorRecord, Record
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import DESCRIPTORS
from napari_oneshot_color.training.loop import TrainingDivergedError
from napari_oneshot_color.versions import installed_versions

__all__ = ["recorded", "training_record"]


def training_record(colorizer: Colorizer, sources: Sequence[Prepared], planned: Settings) -> Record:
    """Return the record of a training: sources, steps, device.

    Parameters
    ----------
    colorizer : Colorizer
        The trained colorizer; its resolved settings repeat the run, even a stopped one.
    sources : sequence of Prepared
        The sources of the training.
    planned : Settings
        The settings at the start of the training.
    """
    settings = colorizer.settings
    several = [source.record.replace(weight=source.weight) for source in sources]
    notes = [note for source in sources for note in source.notes]
    if colorizer.trust < 1:
        notes.append(
            f"The training ended early: {colorizer.trust:.0%} of the colour comes from the "
            "network, and the rest from the nearest neighbours in the source."
        )
    descriptor = None
    if settings.descriptor != "none":
        checksum = DESCRIPTORS[settings.descriptor]
        descriptor = DescriptorRecord(name=settings.descriptor, sha256=checksum)
    return Record(
        note=NOTE,
        settings=settings.to_dict(),
        seed=settings.seed,
        device=str(colorizer.device),
        machine=f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        versions=installed_versions(),
        source=sources[0].record,
        steps=settings.steps,
        stopped=settings.steps < planned.steps,
        notes=tuple(notes),
        trust=round(colorizer.trust, 3) if colorizer.trust < 1 else None,
        sources=tuple(several) if len(several) > 1 else None,
        descriptor=descriptor,
    )


def recorded(
    training: Generator[Progress, None, tuple[Colorizer, LossHistory]],
    sources: Sequence[Prepared],
    planned: Settings,
) -> Generator[Progress, None, tuple[Colorizer, LossHistory]]:
    """Run a training and add its record to the colorizer, even if the training diverges.

    Parameters
    ----------
    training : generator
        As returned by `train_steps`.
    sources, planned
        As in `training_record`.

    Yields
    ------
    Progress
        The progress of the training.

    Returns
    -------
    colorizer : Colorizer
        With its record.
    history : LossHistory
        The losses of the training.

    Raises
    ------
    TrainingDivergedError
        If the training diverges; its colorizer has the record, too.
    """
    try:
        colorizer, losses = yield from training
    except TrainingDivergedError as error:
        if error.colorizer is not None:
            error.colorizer.record = training_record(error.colorizer, sources, planned)
        raise
    colorizer.record = training_record(colorizer, sources, planned)
    return colorizer, losses
