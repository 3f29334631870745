"""The command ``info``, which describes a colorizer or this computer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_oneshot_color.cli.console import say
from napari_oneshot_color.cli.system import system
from napari_oneshot_color.settings import PRESETS, Settings

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

__all__ = ["info"]

_RESOLVED = {"device", "precision", "threads", "max_steps"}  # chosen while training


def info(
    model: Annotated[Path | None, typer.Argument(help="A colorizer file.")] = None,
    about_system: Annotated[
        bool,
        typer.Option(
            "--system", help="Describe this computer for a bug report: versions, devices, Qt."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Describe the colorizer in MODEL and how it was trained, or describe this computer."""
    if (model is None) is not about_system:
        raise typer.BadParameter("Give either a colorizer file or --system.")
    if model is None:
        _print_system(as_json)
    else:
        _print_colorizer(model, as_json)


def _print_system(as_json: bool) -> None:
    about = system()
    if as_json:
        print(json.dumps(about, indent=2))  # noqa: T201
        return
    for title, text in about.items():
        say(f"{title:<14} {text}")


def _print_colorizer(model: Path, as_json: bool) -> None:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

    colorizer = Colorizer.load(model, device="cpu")
    about = _described(colorizer, model)
    if as_json:
        print(json.dumps(about, indent=2))  # noqa: T201
        return
    record, settings = colorizer.record, colorizer.settings
    changed = ", ".join(f"{name} {value}" for name, value in about["changed"].items())
    source, versions = record.source, record.versions or {}
    lines = {
        "File": f"{model.name}, {about['bytes']:,} bytes",
        "Checksum": about["checksum"],
        "Source": f"{source.name}, {source.width} x {source.height} px" if source else None,
        "Its SHA-256": source.sha256 if source else None,
        "Network": f"{settings.network}, {about['parameters']:,} weights",
        "Preset": about["preset"],
        "Changed in it": changed or "nothing",
        "Trained on": record.device,
        "Steps": record.steps,
        "Versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "Note": record.note,
    }
    for title, text in lines.items():
        say(f"{title:<14} {'not recorded' if text is None else text}")


def _described(colorizer: Colorizer, path: Path) -> dict[str, Any]:
    settings = colorizer.settings.to_dict()
    changes = {
        preset: {
            name: settings[name]
            for name, value in Settings.preset(preset).to_dict().items()
            if settings[name] != value and name not in _RESOLVED
        }
        for preset in PRESETS
    }
    preset = min(changes, key=lambda name: len(changes[name]))
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "checksum": colorizer.checksum,
        "parameters": sum(weight.numel() for weight in colorizer.generator.parameters()),
        "preset": preset,
        "changed": changes[preset],
        "settings": settings,
        "provenance": colorizer.provenance,
    }
