"""The pictures of a result with the user's changes, and of previews while a slider is dragged."""

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

_IN_TIME = 150_000  # px, about the working size, that are faded while a slider is dragged


@dataclass(frozen=True, eq=False)
class Moment:
    """The user's changes at one moment, with the content of the hints layer."""

    steering: Steering
    drawn: Drawn | None


def steered_pictures(
    result: Result, steering: Steering, last: Steered | None, kinds: Collection[str]
) -> tuple[Steered, dict[str, Picture]]:
    """Apply changes to a result, and make the pictures of the new result.

    Parameters
    ----------
    result : Result
        The result of a run; it is not modified.
    steering : Steering
        The changes.
    last : Steered or None
        Earlier changes; unchanged parts are not computed again.
    kinds : collection of str
        Kinds of pictures to make.
    """
    from napari_oneshot_color.steering.order import steer

    done = steer(result, steering, last)
    return done, pictures(done.final, kinds)


def faded_in_time(result: Result, threshold: float | None) -> Sample:
    """Return a preview of a faded final image, sampled if the image is large.

    Parameters
    ----------
    result : Result
        A result with an uncertainty, not faded yet.
    threshold : float or None
        In units of a* and b*; None fades nothing.
    """
    from napari_oneshot_color.steering.fading import faded_sample

    step = max(1, math.ceil(math.sqrt(result.target.size / _IN_TIME)))
    limit = math.inf if threshold is None else threshold
    return Sample(Picture.of("final", faded_sample(result, limit, step)), step)
