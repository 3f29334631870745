"""The record that a result keeps of itself in ``result.json``, read back to make it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.settings import Settings

__all__ = ["Edits", "Record", "RecordedImage", "read_record"]


@dataclass(frozen=True)
class RecordedImage:
    """What a record tells of an image.

    Attributes
    ----------
    name : str
        Of a file or a layer.
    sha256 : str
        As `pair.checksum` has it.
    limits : tuple of float or None
        Values that became 0 and 1, where they were given.
    weight : float
        Of a source among several.
    """

    name: str
    sha256: str
    limits: tuple[float, float] | None
    weight: float

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> RecordedImage:
        """Take it from a record's part."""
        limits = None
        if told.get("limits") is not None:
            low, high = told["limits"]
            limits = float(low), float(high)
        return cls(str(told["name"]), str(told["sha256"]), limits, float(told.get("weight", 1)))


@dataclass(frozen=True)
class Edits:
    """What was done to the regions by hand, but for their shapes.

    Attributes
    ----------
    colors : dict
        sRGB in [0, 1] of some of them.
    excluded : tuple of int
        Those that kept the merged colours.
    """

    colors: dict[int, tuple[float, float, float]]
    excluded: tuple[int, ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Edits:
        """Take them from a record."""
        colors = {}
        for name, color in told["region_colors"].items():
            red, green, blue = color
            colors[int(name)] = float(red), float(green), float(blue)
        return cls(colors, tuple(map(int, told["regions_excluded"])))


@dataclass(frozen=True)
class Record:
    """What a result was made from and with.

    Attributes
    ----------
    folder : Path
        Where it is.
    settings : Settings
        Of the run, as it was carried out.
    sources : tuple of RecordedImage
        One or several.
    target : RecordedImage
        The grey image.
    edits : Edits or None
        Of its regions.
    hints : dict or None
        As `Hints.described` wrote it.
    final : str or None
        SHA-256 of the final image; None in records of older versions.
    told : dict
        All of it.
    """

    folder: Path
    settings: Settings
    sources: tuple[RecordedImage, ...]
    target: RecordedImage
    edits: Edits | None
    hints: dict[str, Any] | None
    final: str | None
    told: dict[str, Any]


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
    BadSettingsError
        If its settings are those of a newer version, or were changed.
    """
    path = Path(path)
    file = path / "result.json" if path.is_dir() else path
    try:
        text = file.read_text()
        told = json.loads(text)
        sources = told.get("sources", [told["source"]])
        target = RecordedImage.read(told["target"])  # a file of settings alone has none
        return Record(
            folder=file.parent,
            settings=Settings.from_json(text),
            sources=tuple(RecordedImage.read(source) for source in sources),
            target=target,
            edits=Edits.read(told) if told.get("regions_edited") else None,
            hints=dict(told["hints"]) if "hints" in told else None,
            final=str(told["final"]["sha256"]) if "final" in told else None,
            told=told,
        )
    except FileNotFoundError as error:
        raise BadFileError(f"There is no file '{file}'.") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadFileError(
            f"'{file}' is not the record of a run, or is damaged. Choose the result.json of a "
            "saved result."
        ) from error
