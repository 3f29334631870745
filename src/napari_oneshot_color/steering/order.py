"""Applies the user's changes to a result in a fixed order."""

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
    """A result with its intermediate states after each kind of change.

    Attributes
    ----------
    base : Result
        The result of the run.
    steering : Steering
        The changes.
    recolored, hinted, final : Result
        The result with edited regions; also with hints; also faded.
    """

    base: Result
    steering: Steering
    recolored: Result
    hinted: Result
    final: Result


def steered(result: Result, steering: Steering) -> Result:
    """Apply changes to a result.

    Parameters
    ----------
    result : Result
        The result of a run; it is not modified.
    steering : Steering
        The changes.

    Raises
    ------
    BadPairError
        If regions or hints have the wrong size, or there is no uncertainty for fading.
    """
    return steer(result, steering).final


def steer(result: Result, steering: Steering, last: Steered | None = None) -> Steered:
    """Apply changes to a result, and keep the intermediate states.

    Parameters
    ----------
    result : Result
        The result of a run; it is not modified.
    steering : Steering
        The changes.
    last : Steered, optional
        Earlier changes to the same result; unchanged parts are not computed again.

    Raises
    ------
    BadPairError
        If regions or hints have the wrong size, or there is no uncertainty for fading.
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
        hinted = last.hinted  # unchanged: reuse the spread colours
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
