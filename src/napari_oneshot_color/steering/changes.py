"""The changes that a user made to a result: regions, hints, fading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.pair.hints import Hints, read_hints
from napari_oneshot_color.record import SavedRecord
from napari_oneshot_color.types import AnyArray, Color

__all__ = ["Steering"]


@dataclass(frozen=True, eq=False)
class Steering:
    """Changes to a result after the run, in the order in which they are applied.

    Attributes
    ----------
    regions : ndarray or None
        ``(h, w)`` integer: the edited regions; None if they were not edited.
    region_colors : mapping
        sRGB in [0, 1] that the user gave to regions.
    regions_excluded : collection of int
        Regions that keep the merged colours.
    hints : Hints or None
        The painted hints.
    threshold : float or None
        Uncertainty above which colour fades; None fades nothing.
    """

    regions: AnyArray | None = None
    region_colors: Mapping[int, Color] = field(default_factory=dict)
    regions_excluded: tuple[int, ...] = ()
    hints: Hints | None = None
    threshold: float | None = None

    @classmethod
    def saved_with(cls, saved: SavedRecord, hints: Path | None = None) -> Steering:
        """Read the changes to a saved result.

        Parameters
        ----------
        saved : SavedRecord
            Its record, in the same folder as the edited regions and the hints.
        hints : Path, optional
            Another path of the hints.

        Raises
        ------
        BadFileError
            If a file is missing or cannot be read.
        BadPairError
            If the hints are not those of the result.
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
                    f"'{file}' does not contain the hints of the result. Give the right file with "
                    "--hints."
                )
            steering = replace(steering, hints=found)
        return steering
