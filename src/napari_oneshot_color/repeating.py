"""Repeats a saved result: finds its inputs and later changes, and compares the results."""

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
    """Find and read the inputs of a result, and check that they are the same.

    Inputs that are not given are searched beside the record and in the current folder, by their
    recorded names and by those that the viewer gives to layers without a file: `source.tif`,
    `source_2.tif`, `target.tif`.

    Parameters
    ----------
    record : SavedRecord
        The record of the result.
    sources, target, hints : Path, optional
        Their current paths; all sources in order, or none.

    Raises
    ------
    BadFileError
        If an input is missing or cannot be read.
    BadPairError
        If an input is not the image from which the result was made.
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
    """Return sentences that say how a repeated result differs, and possible reasons.

    Returns
    -------
    list of str
        Empty if the final image is the same, byte for byte.
    """
    before, now = record.record, result.record
    if before.final is None:
        return ["The record has no checksum of the final image: an older version wrote it."]
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
        reasons = ["On a GPU, the driver chooses the order of sums."]
    return [f"The bytes differ{how_far}.", *(reasons or ["All that was recorded is equal."])]


def _where(record: Record) -> dict[str, object]:
    """Return the device and the number of steps of a run, as far as they are recorded."""
    known = {"device": record.device, "machine": record.machine, "steps": record.steps}
    return {name: value for name, value in known.items() if value is not None}


def _distance(record: SavedRecord, result: Result) -> int | None:
    """Return the largest difference from the ``final.png`` beside the record, in 8-bit steps."""
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
        except BadFileError as error:  # a layer may have the name of any file
            doubt = doubt or error
            continue
        if checksum(pixels) == image.sha256:
            return pixels
        doubt = doubt or _other(place, option)
    sample = bundled(image.name)
    if sample is not None and checksum(sample) == image.sha256:
        return sample
    raise doubt or BadFileError(
        f"There is no '{name}' or '{role}.tif'. Give its path with {option} FILE."
    )


def _other(path: Path, option: str) -> BadPairError:
    return BadPairError(
        f"'{path}' is not the image from which the result was made: its checksum differs. Name "
        f"the right file with {option}."
    )
