"""A result that follows what the user changed, done in one order."""

from __future__ import annotations

from dataclasses import dataclass

from napari_oneshot_color.result.result import Result
from napari_oneshot_color.steering.changes import Steering
from napari_oneshot_color.steering.fading import fade
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.steering.recoloring import recolor

__all__ = ["Steered", "steer", "steered"]


@dataclass(frozen=True, eq=False)
class Steered:
    """A result, and what it was after each thing that was done to it.

    Attributes
    ----------
    base : Result
        As the run returned it.
    steering : Steering
        What was done.
    recolored, hinted, final : Result
        With the edits of its regions; with hints, too; with all, faded.
    """

    base: Result
    steering: Steering
    recolored: Result
    hinted: Result
    final: Result


def steered(result: Result, steering: Steering) -> Result:
    """Do to a result what the user did to another one.

    Parameters
    ----------
    result : Result
        As a run returned it; left as it is.
    steering : Steering
        What to do.

    Raises
    ------
    BadPairError
        If regions or hints have another size, or there is no uncertainty to fade by.
    """
    return steer(result, steering).final


def steer(result: Result, steering: Steering, last: Steered | None = None) -> Steered:
    """Do to a result what the user wants, and keep what it was on the way.

    Parameters
    ----------
    result : Result
        As a run returned it; left as it is.
    steering : Steering
        What to do.
    last : Steered, optional
        What was done before, if to the same result: what did not change is not done again.

    Raises
    ------
    BadPairError
        If regions or hints have another size, or there is no uncertainty to fade by.
    """
    regions, hints, threshold = steering.regions, steering.hints, steering.threshold
    if last is not None and last.base is not result:
        last = None
    if last is not None and _same_regions(last.steering, steering):
        recolored = last.recolored
    elif regions is not None:
        recolored = recolor(result, regions, steering.region_colors, steering.regions_excluded)
    else:
        recolored = result
    if hints is None:
        hinted = recolored
    elif last is not None and last.recolored is recolored and last.steering.hints is hints:
        hinted = last.hinted  # they need not be spread again
    else:
        hinted = apply_hints(recolored, hints)
    faded = hinted if threshold is None else fade(hinted, threshold)
    return Steered(result, steering, recolored, hinted, faded)


def _same_regions(one: Steering, other: Steering) -> bool:
    return (
        one.regions is other.regions
        and one.region_colors == other.region_colors
        and one.regions_excluded == other.regions_excluded
    )
