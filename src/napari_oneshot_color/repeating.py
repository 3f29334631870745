"""A saved result made again: its record, the images it was made from, and what was done after."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.fading import fade
from napari_oneshot_color.files import READABLE, AnyArray, read_image
from napari_oneshot_color.hint_files import read_hints
from napari_oneshot_color.hinting import Hints, apply_hints
from napari_oneshot_color.pair import Limits, Source, checksum
from napari_oneshot_color.provenance import installed_versions
from napari_oneshot_color.recoloring import recolor
from napari_oneshot_color.result import Result
from napari_oneshot_color.settings import Settings

__all__ = ["Record", "Steering", "differences", "find_inputs", "read_record", "steered"]


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
    region_colors: Mapping[int, tuple[float, float, float]] | None = None
    regions_excluded: tuple[int, ...] = ()
    hints: Hints | None = None
    threshold: float | None = None


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


@dataclass(frozen=True)
class Record:
    """What ``result.json`` says of a result.

    Attributes
    ----------
    folder : Path
        Where it is.
    told : dict
        All of it.
    settings : Settings
        Of the run, as it was carried out.
    """

    folder: Path
    told: dict[str, Any]
    settings: Settings

    @property
    def sources(self) -> list[dict[str, Any]]:
        """Name, checksum, limits and weight of every source."""
        several: list[dict[str, Any]] = self.told.get("sources", [self.told["source"]])
        return several

    @property
    def target(self) -> dict[str, Any]:
        """Name, checksum and limits of the target."""
        target: dict[str, Any] = self.told["target"]
        return target

    @property
    def target_limits(self) -> Limits | None:
        """Values of the target that are black and white, where they were given."""
        return _limits(self.target)


def read_record(path: str | Path) -> Record:
    """Read the record of a result.

    Parameters
    ----------
    path : str or Path
        Its folder, or the ``result.json`` in it.

    Raises
    ------
    BadFileError
        If it is missing, damaged, or no record of a run.
    """
    path = Path(path)
    file = path / "result.json" if path.is_dir() else path
    try:
        text = file.read_text()
        told = json.loads(text)
        images = [*told.get("sources", [told["source"]]), told["target"]]
        for image in images:
            str(image["name"]), str(image["sha256"]), _limits(image), float(image.get("weight", 1))
    except FileNotFoundError as error:
        raise BadFileError(f"There is no file '{file}'.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadFileError(
            f"'{file}' is not the record of a run, or is damaged. Choose the result.json of a "
            "saved result."
        ) from error
    return Record(file.parent, told, Settings.from_json(text))


def find_inputs(
    record: Record,
    sources: Sequence[Path] = (),
    target: Path | None = None,
    hints: Path | None = None,
) -> tuple[list[Source], AnyArray, Steering]:
    """Find and read what a result was made from, and make sure that it is the same.

    What is not given is looked for beside the record and in the current folder, by the names that
    the run knew, and by those that the viewer gives to layers that came from no file: `source.tif`,
    `source_2.tif`, `target.tif`.

    Parameters
    ----------
    record : Record
        Of the result.
    sources, target, hints : Path, optional
        Where they are now; all sources, in their order, or none.

    Raises
    ------
    BadFileError
        If one is missing or cannot be read.
    BadPairError
        If one is not the image that the result was made from.
    """
    if sources and len(sources) != len(record.sources):
        raise BadPairError(
            f"The result has {len(record.sources)} sources. Give them all, in order."
        )
    listed = []
    for number, told in enumerate(record.sources):
        given = sources[number] if sources else None
        role = f"source_{number + 1}" if number else "source"
        image = _found(record, told, role, given)
        weight = float(told.get("weight", 1))
        listed.append(Source(image, str(told["name"]), _limits(told), weight))
    return listed, _found(record, record.target, "target", target), _steering(record, hints)


def differences(record: Record, result: Result) -> list[str]:
    """Say in sentences how a result that was made again differs, and what may be the reason.

    Returns
    -------
    list of str
        Empty if the final image is the same, byte for byte.
    """
    if record.told.get("final", {}).get("sha256") == checksum(result.final):
        return []
    lines = ["The final image is not the same, byte for byte."]
    known = record.told.get("versions", {})
    for library, number in installed_versions().items():
        if known.get(library, number) != number:
            lines.append(f"{library} is {number}; it was {known[library]}.")
    for what in ("device", "machine", "steps"):
        before, now = record.told.get(what), result.provenance.get(what)
        if before != now:
            lines.append(f"The {what}: {now}; it was {before}.")
    if len(lines) == 1:
        lines.append("Processors of different kinds add numbers up in different orders.")
    return lines


def _limits(told: Mapping[str, Any]) -> Limits | None:
    limits = told.get("limits")
    if limits is None:
        return None
    low, high = limits
    return float(low), float(high)


def _steering(record: Record, hints: Path | None) -> Steering:
    told = record.told
    steering = Steering(threshold=told.get("faded_above"))
    if told.get("regions_edited"):
        colors = {int(name): tuple(color) for name, color in told["region_colors"].items()}
        steering = replace(
            steering,
            regions=read_image(record.folder / "regions.tif"),
            region_colors=colors,
            regions_excluded=tuple(told["regions_excluded"]),
        )
    if "hints" in told:
        found = read_hints(hints or record.folder / "hints.tif")
        if checksum(found.labels) != told["hints"]["sha256"]:
            raise BadPairError("The hints are not those that the result followed.")
        steering = replace(steering, hints=found)
    return steering


def _found(record: Record, told: Mapping[str, Any], role: str, given: Path | None) -> AnyArray:
    """Read the image that has the recorded checksum."""
    name = Path(str(told["name"])).name
    places = (
        [given]
        if given is not None
        else [
            record.folder / name,
            record.folder / f"{role}.tif",
            Path(name),
        ]
    )
    there = [place for place in places if place.is_file()]
    if not there:
        looked = given if given is not None else f"{name}' or '{role}.tif"
        raise BadFileError(
            f"There is no '{looked}'. Say where it is: --{role.partition('_')[0]} FILE."
        )
    for place in there:
        if given is None and place.suffix.lower() not in READABLE:
            continue
        image = read_image(place)
        if checksum(image) == told["sha256"]:
            return image
    raise BadPairError(
        f"'{there[0]}' is not the image that the result was made from: its checksum differs."
    )
