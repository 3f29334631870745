"""The record of a run: what a colorizer or a result was made from, with what, and how far.

A colorizer's file carries it, ``result.json`` is it, and layers and zarr stores have it as their
metadata. `pipeline` alone writes it; where a result is steered, that is added. What a newer version
wrote is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError
from pydantic import model_serializer as serializer

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.json_texts import parse_json, read_json
from napari_oneshot_color.files.texts import as_text
from napari_oneshot_color.settings import Settings

__all__ = [
    "NOTE",
    "Checksum",
    "DescriptorRecord",
    "HintsRecord",
    "ImageRecord",
    "Record",
    "SavedRecord",
    "read_record",
]

NOTE = "The colour is inferred from one example; it was not measured."


Number = int | float


class _Part(BaseModel):
    """A part of the record: checked when it is read; what is not known of it is None."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        unknown = changes.keys() - type(self).model_fields
        if unknown:
            raise TypeError(f"A record has no {', '.join(sorted(unknown))}.")
        return self.model_copy(update=changes)

    def to_dict(self) -> dict[str, Any]:
        """Write it as JSON can hold it, without what is not known."""
        return self.model_dump(mode="json")

    @serializer(mode="wrap")
    def _known(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {
            name: as_text(value)
            for name, value in written.items()
            if value is not None or name not in type(self).model_fields
        }


class ImageRecord(_Part):
    """What a record says of an image.

    Attributes
    ----------
    name : str
        The name of a file or a layer.
    height, width : int or None
        In px.
    sha256 : str or None
        As `files.checksums.checksum` has it.
    limits : tuple of float or None
        Values that became 0 and 1, where they were given.
    weight : float or None
        How often patches come from it, where it is one source among several.
    """

    name: str
    height: int | None = None
    width: int | None = None
    sha256: str | None = None
    limits: tuple[Number, Number] | None = None
    weight: Number | None = None


class HintsRecord(_Part):
    """What a record says of hints.

    Attributes
    ----------
    colors : dict of str to tuple of float
        sRGB in [0, 1] of every label, to four digits.
    pixels : int
        How many are hinted.
    sha256 : str
        The checksum of the labels.
    """

    colors: dict[str, tuple[Number, Number, Number]]
    pixels: int
    sha256: str


class DescriptorRecord(_Part):
    """The name and checksum of a descriptor's weights."""

    name: str
    sha256: str


class Checksum(_Part):
    """The checksum of an image's pixels, shape and dtype."""

    sha256: str


class Record(_Part):
    """What a colorizer or a result was made from and with. What does not apply is None.

    Attributes
    ----------
    note, seed : str or None, int or None
        That the colour is inferred; the settings' own.
    settings : dict or None
        As they were carried out: they repeat the run, one that was stopped too.
    device, machine : str or None
        Where it was trained; torch's sums depend on the processor's instructions.
    versions : dict or None
        Those of Python and of the libraries that colours depend on.
    source : ImageRecord or None
        The first one.
    steps, stopped : int or None, bool or None
        How many were trained, and whether more were planned.
    notes : tuple of str
        Sentences for the user.
    trust : float or None
        Share of the chroma that a network has which was not trained to the end.
    sources : tuple of ImageRecord or None
        All of them, where there were several.
    descriptor : DescriptorRecord or None
        It tells what resembles what; the colours are the sources' own.
    target : ImageRecord or None
        The grey image or stack.
    applied_on : str or None
        The device that coloured the target.
    seconds : dict or None
        How long each stage took.
    clipped_fraction : float or None
        The share of pixels whose colour sRGB cannot show.
    novelty : float or None
        How unlike the source the target is, as `matching.neighbours.Matcher.novelty` has it.
    match : float or None
        How much it has in common with a source, as `matching.neighbours.Matcher.match` has it.
    regions_edited : bool or None
        Whether somebody edited the regions.
    regions_changed, regions_excluded : tuple of int or None
        Those whose shapes were changed, and those that kept the merged colours.
    region_colors : dict or None
        sRGB in [0, 1] that regions were given.
    hints : HintsRecord or None
        Those that the result follows.
    faded_above : float or None
        Uncertainty above which colour was faded.
    final : Checksum or None
        The final image's; older versions did not write it.
    colorizer, version : str or None
        The colorizer's checksum, and this program's version, in the record of a stack.
    """

    note: str | None = None
    settings: dict[str, Any] | None = None
    seed: int | None = None
    device: str | None = None
    machine: str | None = None
    versions: dict[str, str] | None = None
    source: ImageRecord | None = None
    steps: int | None = None
    stopped: bool | None = None
    notes: tuple[str, ...] = ()
    trust: Number | None = None
    sources: tuple[ImageRecord, ...] | None = None
    descriptor: DescriptorRecord | None = None
    target: ImageRecord | None = None
    applied_on: str | None = None
    seconds: dict[str, Number] | None = None
    clipped_fraction: Number | None = None
    novelty: Number | None = None
    match: Number | None = None
    regions_edited: bool | None = None
    regions_changed: tuple[int, ...] | None = None
    region_colors: dict[str, tuple[Number, Number, Number]] | None = None
    regions_excluded: tuple[int, ...] | None = None
    hints: HintsRecord | None = None
    faded_above: Number | None = None
    final: Checksum | None = None
    colorizer: str | None = None
    version: str | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """Read a record.

        Raises
        ------
        ValueError
            If it is no JSON, or something in it is of another kind; it says what.
        """
        return cls.from_contents(parse_json(text))

    @classmethod
    def from_contents(cls, contents: Any) -> Record:
        """Take what JSON held as a record; raises as `from_json` does."""
        try:
            return cls.model_validate_json(json.dumps(contents))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{place or 'the whole'}: {first['msg']}") from error


@dataclass(frozen=True)
class SavedRecord:
    """The record of a saved result, with all that it can be made again from.

    Attributes
    ----------
    folder : Path
        Where it lies.
    settings : Settings
        As they were carried out.
    sources, target : tuple of ImageRecord, ImageRecord
        One or several; the grey image.
    record : Record
        All of it.
    """

    folder: Path
    settings: Settings
    sources: tuple[ImageRecord, ...]
    target: ImageRecord
    record: Record


def read_record(path: str | Path) -> SavedRecord:
    """Read the record of a saved result.

    Parameters
    ----------
    path : str or Path
        Its folder, or the ``result.json`` in it.

    Raises
    ------
    BadFileError
        If it is missing, damaged, or no record of a run.
    BadSettingsError
        If its settings are those of a newer version, or were changed.
    """
    path = Path(path)
    file = path / "result.json" if places.is_folder(path) else path
    try:
        record = Record.from_contents(read_json(file))
        sources = record.sources or (record.source,)
        if record.settings is None or record.target is None or None in sources:
            raise ValueError("it tells of no settings, no source or no target")
    except ValueError as error:
        raise BadFileError(
            f"'{file}' is not the record of a run, or is damaged: {error}. Choose the result.json "
            "of a saved result."
        ) from error
    return SavedRecord(
        folder=file.parent,
        settings=Settings.from_values(record.settings),
        sources=tuple(source for source in sources if source is not None),
        target=record.target,
        record=record,
    )
