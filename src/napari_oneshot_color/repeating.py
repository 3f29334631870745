"""A saved result made again: the images it was made from, and what was done to it after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pair.samples import bundled
from napari_oneshot_color.record import ImageRecord, Record, SavedRecord
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.steering.changes import Steering
from napari_oneshot_color.types import AnyArray

__all__ = ["differences", "find_inputs"]


def find_inputs(
    record: SavedRecord,
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
    record : SavedRecord
        The result's own.
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
        count = len(record.sources)
        raise BadPairError(f"The result has {count} sources. Give them all, in their order.")
    listed = []
    for number, one in enumerate(record.sources):
        given = sources[number] if sources else None
        image = _found(record, one, f"source_{number + 1}" if number else "source", given)
        weight = 1.0 if one.weight is None else one.weight
        listed.append(Source(image, one.name, one.limits, weight))
    grey = _found(record, record.target, "target", target)
    return listed, grey, Steering.saved_with(record, hints)


def differences(record: SavedRecord, result: Result) -> list[str]:
    """Say in sentences how a result that was made again differs, and what may be the reason.

    Returns
    -------
    list of str
        Empty if the final image is the same, byte for byte.
    """
    before, now = record.record, result.record
    if before.final is None:
        return ["The record holds no checksum of the final image: an older version wrote it."]
    if before.final.sha256 == checksum(result.final):
        return []
    far = _distance(record, result)
    how_far = "" if far is None else f", by up to {far} of 255 in 'final.png'"
    compared = [
        (before.versions, now.versions),
        (before.settings, now.settings),
        (_where(before), _where(now)),
    ]
    reasons = [
        f"{name}: {value}; it was {(then or {}).get(name, 'not recorded')}."
        for then, values in compared
        for name, value in (values or {}).items()
        if (then or {}).get(name) != value
    ]
    if not reasons and "cuda" in record.settings.device:
        reasons = ["On a GPU the order of sums is the driver's choice."]
    return [f"Not the same bytes{how_far}.", *(reasons or ["Nothing that was recorded differs."])]


def _where(record: Record) -> dict[str, object]:
    """Say where and how far a run was trained, as far as that is recorded."""
    said = {"device": record.device, "machine": record.machine, "steps": record.steps}
    return {name: value for name, value in said.items() if value is not None}


def _distance(record: SavedRecord, result: Result) -> int | None:
    """Measure how far a result is from the ``final.png`` beside its record, in steps of 255."""
    try:
        before = read_image(record.folder / "final.png")
    except BadFileError:
        return None
    now = as_dtype(result.final, np.dtype(np.uint8))
    if before.shape != now.shape or before.dtype != now.dtype:
        return None
    return int(np.abs(before.astype(np.int16) - now).max())


def _found(record: SavedRecord, image: ImageRecord, role: str, given: Path | None) -> AnyArray:
    """Read the image that has the recorded checksum."""
    option = f"--{role.partition('_')[0]}"
    if given is not None:
        pixels = read_image(given)
        if checksum(pixels) != image.sha256:
            raise _other(given, option)
        return pixels
    name = Path(image.name).name
    doubt: BadFileError | BadPairError | None = None
    for place in (record.folder / name, record.folder / f"{role}.tif", Path(name)):
        if not places.is_file(place):
            continue
        try:
            pixels = read_image(place)
        except BadFileError as error:  # a layer may be called as any file
            doubt = doubt or error
            continue
        if checksum(pixels) == image.sha256:
            return pixels
        doubt = doubt or _other(place, option)
    sample = bundled(image.name)
    if sample is not None and checksum(sample) == image.sha256:
        return sample
    raise doubt or BadFileError(
        f"There is no '{name}' or '{role}.tif'. Say where it is: {option} FILE."
    )


def _other(path: Path, option: str) -> BadPairError:
    return BadPairError(
        f"'{path}' is not the image that the result was made from: its checksum differs. Give "
        f"that one with {option}."
    )
