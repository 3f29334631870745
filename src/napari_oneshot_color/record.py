"""The record of a run: the inputs, settings and versions behind a colorizer or a result.

Colorizer files contain it, ``result.json`` is it, and layers and zarr stores have it as metadata.
Only `pipeline` writes it; `steering` adds the user's changes. Unknown fields, written by a newer
version, are kept.
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
    "KeyRecord",
    "Record",
    "SavedRecord",
    "read_record",
]

NOTE = "The colour is inferred from one example; it was not measured."


Number = int | float


class _Part(BaseModel):
    """A part of the record, checked when it is read; unknown values are None."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed."""
        unknown = changes.keys() - type(self).model_fields
        if unknown:
            raise TypeError(f"A record has no {', '.join(sorted(unknown))}.")
        return self.model_copy(update=changes)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-compatible dictionary, without unknown values."""
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
    """The record of an image.

    Attributes
    ----------
    name : str
        Name of the file or layer.
    height, width : int or None
        In px.
    sha256 : str or None
        Checksum, see `files.checksums.checksum`.
    limits : tuple of float or None
        Values that became 0 and 1, if they were given.
    weight : float or None
        How often patches come from it, if it is one of several sources.
    """

    name: str
    height: int | None = None
    width: int | None = None
    sha256: str | None = None
    limits: tuple[Number, Number] | None = None
    weight: Number | None = None


class KeyRecord(ImageRecord):
    """The record of a key: an image in colour, and the number of its slice.

    Attributes
    ----------
    slice : int
        Counted from 0.
    """

    slice: int


class HintsRecord(_Part):
    """The record of hints.

    Attributes
    ----------
    colors : dict of str to tuple of float
        sRGB in [0, 1] of every label, to four digits.
    pixels : int
        Number of hinted pixels.
    sha256 : str
        Checksum of the labels.
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
    """The record of a colorizer or a result. Fields that do not apply are None.

    Attributes
    ----------
    note, seed : str or None, int or None
        The note that the colour is inferred; the seed of the settings.
    settings : dict or None
        The settings as carried out, which repeat the run, even a stopped one.
    device, machine : str or None
        Device and processor of the training; torch's sums depend on the processor's instructions.
    versions : dict or None
        Versions of Python and of the libraries that affect colours.
    source : ImageRecord or None
        The first source.
    steps, stopped : int or None, bool or None
        Number of training steps, and whether more were planned.
    notes : tuple of str
        Sentences for the user.
    trust : float or None
        Share of the chroma that comes from the network, if its training was not finished.
    sources : tuple of ImageRecord or None
        All sources, if there were several.
    descriptor : DescriptorRecord or None
        The descriptor that was used to find similar places.
    target : ImageRecord or None
        The grey image or stack.
    applied_on : str or None
        The device that coloured the target.
    seconds : dict or None
        Seconds that each stage took.
    clipped_fraction : float or None
        Fraction of pixels whose colour is outside sRGB.
    novelty : float or None
        How much the target differs from the source; see `matching.neighbours.Matcher.novelty`.
    match : float or None
        How much it has in common with a source; see `matching.neighbours.Matcher.match`.
    regions_edited : bool or None
        Whether the regions were edited.
    regions_changed, regions_excluded : tuple of int or None
        Regions whose shapes were changed, and regions that kept the merged colours.
    region_colors : dict or None
        sRGB in [0, 1] that the user gave to regions.
    hints : HintsRecord or None
        The hints that the result follows.
    faded_above : float or None
        Uncertainty above which colour was faded.
    final : Checksum or None
        Checksum of the final image; older versions did not write it.
    keys : tuple of KeyRecord or None
        Slices of a stack that were given in colour.
    colorizer, version : str or None
        In the record of a stack: the colorizer's checksum and this program's version.
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
    keys: tuple[KeyRecord, ...] | None = None
    colorizer: str | None = None
    version: str | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """Read a record.

        Raises
        ------
        ValueError
            If it is not JSON, or a field is of the wrong type; the message says which.
        """
        return cls.from_contents(parse_json(text))

    @classmethod
    def from_contents(cls, contents: Any) -> Record:
        """Return a record from parsed JSON; raises like `from_json`."""
        try:
            return cls.model_validate_json(json.dumps(contents))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"{place or 'the whole'}: {first['msg']}") from error


@dataclass(frozen=True)
class SavedRecord:
    """The record of a saved result, with everything needed to make it again.

    Attributes
    ----------
    folder : Path
        Folder of the result.
    settings : Settings
        The settings as carried out.
    sources, target : tuple of ImageRecord, ImageRecord
        The sources, and the grey image.
    record : Record
        The whole record.
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
        The folder of the result, or the ``result.json`` in it.

    Raises
    ------
    BadFileError
        If it is missing, damaged, or not the record of a run.
    BadSettingsError
        If its settings come from a newer version, or were changed.
    """
    path = Path(path)
    file = path / "result.json" if places.is_folder(path) else path
    try:
        record = Record.from_contents(read_json(file))
        sources = record.sources or (record.source,)
        if record.settings is None or record.target is None or None in sources:
            raise ValueError("it has no settings, no source or no target")
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
