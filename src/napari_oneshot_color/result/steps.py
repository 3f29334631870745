"""Colours a prepared target with a colorizer, and assembles the result."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.progress import LossHistory, Progress, Stopwatch
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.stages.join import join
from napari_oneshot_color.stages.target import TargetStages
from napari_oneshot_color.stages.uncertainty import doubt

__all__ = ["result_steps"]


def result_steps(
    colorizer: Colorizer, target: Prepared, stages: TargetStages, stopwatch: Stopwatch
) -> Generator[Progress, None, Result]:
    """Run all stages on a prepared target and join the colour with its L*, step by step.

    Parameters
    ----------
    colorizer : Colorizer
        The trained colorizer.
    target : Prepared
        The target at its full size.
    stages : TargetStages
        The stages of this target, at the working size.
    stopwatch : Stopwatch
        Measures each stage; earlier measurements go into the record, too.

    Yields
    ------
    Progress
        About ten times a second.

    Returns
    -------
    Result
        The image of every stage and the record, but no source, losses or epochs.
    """
    colored = yield from stages.color_steps(colorizer, stopwatch=stopwatch)
    with stopwatch.time("final"):
        yield Progress("final", 0, 1)
        final, lab, clipped = join(target.full, colored.joined, colorizer.settings)
    trained = colorizer.record
    uncertainty = stages.uncertainty(colored.merged)
    novelty = None if stages.novelty is None else round(stages.novelty, 2)
    match = None if stages.match is None else round(stages.match, 3)
    sentence = doubt(uncertainty, novelty, match)
    yield Progress("final", 1, 1)
    return Result(
        source=None,
        target=target.full,
        tiles=stages.lattice_tiles(colorizer),
        positions=stages.lattice,
        merged=colored.merged,
        smoothed=colored.smoothed,
        painted=colored.painted,
        uncertainty=uncertainty,
        final=final,
        lab=lab,
        losses=LossHistory.from_table(np.zeros((0, 4), np.float32)),
        epochs=np.zeros((0, *colored.merged.shape), np.float32),
        colorizer=colorizer,
        record=trained.replace(
            target=target.record,
            applied_on=str(colorizer.device),
            seconds=stopwatch.seconds,
            clipped_fraction=clipped,
            notes=(*trained.notes, *target.notes, *([sentence] if sentence else [])),
            novelty=novelty,
            match=match,
        ),
    )
