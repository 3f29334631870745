"""What the user changed after a run, done in one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.pair.hints import Hints, read_hints
from napari_oneshot_color.record import SavedRecord
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.steering.fading import fade
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.steering.recoloring import recolor
from napari_oneshot_color.types import AnyArray, Color

__all__ = ["Steering", "steered"]


@dataclass(frozen=True)
class Steering:
    """What was done to a result after the run, in this order.

    Attributes
    ----------
    regions : ndarray or None
        ``(h, w)`` integer: the regions as they were edited.
    region_colors : mapping
        sRGB in [0, 1] of some of them.
    regions_excluded : tuple of int
        Those that kept the merged colours.
    hints : Hints or None
        What was painted.
    threshold : float or None
        Uncertainty above which colour fades.
    """

    regions: AnyArray | None = None
    region_colors: Mapping[int, Color] | None = None
    regions_excluded: tuple[int, ...] = ()
    hints: Hints | None = None
    threshold: float | None = None

    @classmethod
    def saved_with(cls, saved: SavedRecord, hints: Path | None = None) -> Steering:
        """Read what was done to a saved result.

        Parameters
        ----------
        saved : SavedRecord
            Its record; the edited regions and the hints lie beside it.
        hints : Path, optional
            Where the hints are now.

        Raises
        ------
        BadFileError
            If one of them is missing or cannot be read.
        BadPairError
            If the hints are others.
        """
        record = saved.record
        steering = cls(threshold=record.faded_above)
        if record.regions_edited:
            steering = replace(
                steering,
                regions=read_image(saved.folder / "regions.tif"),
                region_colors={int(name): c for name, c in (record.region_colors or {}).items()},
                regions_excluded=record.regions_excluded or (),
            )
        if record.hints is not None:
            file = hints or saved.folder / "hints.tif"
            found = read_hints(file)
            if found.record != record.hints:
                raise BadPairError(
                    f"'{file}' does not hold the hints that the result followed. Give them with "
                    "--hints."
                )
            steering = replace(steering, hints=found)
        return steering


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
    if steering.regions is not None:
        colors, excluded = steering.region_colors, steering.regions_excluded
        result = recolor(result, steering.regions, colors, excluded)
    if steering.hints is not None:
        result = apply_hints(result, steering.hints)
    if steering.threshold is not None:
        result = fade(result, steering.threshold)
    return result
