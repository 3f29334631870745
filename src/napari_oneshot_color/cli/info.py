"""The command ``info``: what a colorizer was trained on, and with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_oneshot_color.cli.console import say
from napari_oneshot_color.settings import PRESETS, Settings

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

__all__ = ["info"]

_RESOLVED = {"device", "precision", "threads", "max_steps"}  # chosen while training


def info(
    model: Annotated[Path, typer.Argument(help="The colorizer's file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Print what the colorizer in MODEL was trained on, and with."""
    from napari_oneshot_color.colorizer.colorizer import Colorizer

    told = _described(Colorizer.load(model, device="cpu"), model)
    if as_json:
        print(json.dumps(told, indent=2))  # noqa: T201
        return
    changed = ", ".join(f"{name} {value}" for name, value in told["changed"].items())
    source, versions = (_object(told["provenance"].get(key)) for key in ("source", "versions"))
    lines = {
        "File": f"{model.name}, {told['bytes']:,} bytes",
        "Checksum": told["checksum"],
        "Source": f"{source.get('name', 'not recorded')}, {source.get('width', '?')} x "
        f"{source.get('height', '?')} px",
        "Its SHA-256": source.get("sha256", "not recorded"),
        "Network": f"{told['settings']['network']}, {told['parameters']:,} weights",
        "Preset": told["preset"],
        "Changed in it": changed or "nothing",
        "Trained on": told["provenance"].get("device", "not recorded"),
        "Steps": told["provenance"].get("steps", "not recorded"),
        "Versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "Note": told["provenance"].get("note", ""),
    }
    for title, text in lines.items():
        say(f"{title:<14} {text}")


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
        "provenance": _object(colorizer.provenance),
    }


def _object(told: Any) -> dict[str, Any]:
    """Take what a file tells as a dictionary, if it is one."""
    return told if isinstance(told, dict) else {}
