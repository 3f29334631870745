"""What a result was made from and with: its record, so that it can be trusted and repeated."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import DESCRIPTORS

__all__ = [
    "NOTE",
    "Edits",
    "Record",
    "RecordedImage",
    "describe",
    "describe_image",
    "installed_version",
    "installed_versions",
    "read_record",
]

NOTE = "The colour is inferred from one example; it was not measured."
_LIBRARIES = ("napari-oneshot-color", "torch", "numpy", "scipy", "scikit-image")


@dataclass(frozen=True)
class RecordedImage:
    """What a record tells of an image.

    Attributes
    ----------
    name : str
        Of a file or a layer.
    sha256 : str
        As `files.checksums.checksum` has it.
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


def describe(
    colorizer: Colorizer, sources: Sequence[Prepared], planned: Settings
) -> dict[str, Any]:
    """Write down what a colorizer was trained on, how far and where, as JSON can hold it.

    The instructions that the processor has are told, too: torch's sums depend on them.

    Parameters
    ----------
    colorizer : Colorizer
        Its settings are the resolved ones: they repeat the run, one that was stopped too.
    sources : sequence of Prepared
        What it was trained on.
    planned : Settings
        What the training was started with.
    """
    told = [describe_image(source) | {"weight": source.weight} for source in sources]
    more: dict[str, Any] = {"sources": told} if len(told) > 1 else {}
    descriptor = colorizer.settings.descriptor
    if descriptor != "none":  # it tells what resembles what; the colours are the sources' own
        more["descriptor"] = {"name": descriptor, "sha256": DESCRIPTORS[descriptor]}
    return {
        "note": NOTE,
        "settings": colorizer.settings.to_dict(),
        "seed": colorizer.settings.seed,
        "device": str(colorizer.device),
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}",
        "versions": installed_versions(),
        "source": describe_image(sources[0]),
        "steps": colorizer.settings.steps,
        "stopped": colorizer.settings.steps < planned.steps,
        "notes": [note for source in sources for note in source.notes],
    } | more


def installed_versions() -> dict[str, str]:
    """List the versions of Python and of the libraries that colours depend on."""
    return {"python": platform.python_version()} | {
        library: installed_version(library) for library in _LIBRARIES
    }


def installed_version(library: str) -> str:
    """Return a library's version; of a copy that runs without being installed none is known."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def describe_image(image: Prepared) -> dict[str, Any]:
    """Write down an image's name, size in px and checksum."""
    height, width = image.full.shape[:2]
    told = {"name": image.name, "height": height, "width": width, "sha256": image.checksum}
    return told if image.limits is None else told | {"limits": list(image.limits)}
