"""The pictures of a result that does what the user wants, and of one while a slider is dragged."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_oneshot_color.plugin.runs.pictures import Picture, Sample, pictures

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.history import Drawn
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.steering.changes import Steering
    from napari_oneshot_color.steering.order import Steered

__all__ = ["Moment", "faded_in_time", "steered_pictures"]

_IN_TIME = 150_000  # px, about the working size: they are faded while a slider is dragged


@dataclass(frozen=True, eq=False)
class Moment:
    """What the user wanted, and what was on the layer of the hints then."""

    steering: Steering
    drawn: Drawn | None


def steered_pictures(
    result: Result, steering: Steering, last: Steered | None, kinds: Collection[str]
) -> tuple[Steered, dict[str, Picture]]:
    """Do to a result what is wanted, and make the pictures of what comes of it.

    Parameters
    ----------
    result : Result
        As a run returned it; left as it is.
    steering : Steering
        What to do.
    last : Steered or None
        What was done before: what did not change is not done again.
    kinds : collection of str
        Those of pictures that are wanted.
    """
    from napari_oneshot_color.steering.order import steer

    done = steer(result, steering, last)
    return done, pictures(done.final, kinds)


def faded_in_time(result: Result, threshold: float | None) -> Sample:
    """Show how a final image would look with a threshold; a large one is looked at here and there.

    Parameters
    ----------
    result : Result
        One with an uncertainty, not faded yet.
    threshold : float or None
        In units of a* and b*; None fades nothing.
    """
    from napari_oneshot_color.steering.fading import faded_sample

    step = max(1, math.ceil(math.sqrt(result.target.size / _IN_TIME)))
    limit = math.inf if threshold is None else threshold
    return Sample(Picture.of("final", faded_sample(result, limit, step)), step)
