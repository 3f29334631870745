"""Titles and descriptions of runs in the list of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_oneshot_color.plugin.runs.differences import PRESET_NAMES, differences, peculiarities

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.finished import Finished

__all__ = ["description", "title"]


def title(finished: Finished, *, is_named: bool) -> str:
    """Return the title of a run, the distinctive part first, because ends are cut off."""
    number = "" if finished.run is None else f"{finished.run.layers.number} · "
    target = f" · {finished.inputs.target.name}" if is_named else ""
    return f"{number}{peculiarities(finished.settings)}{target}{finished.remark}"


def description(finished: Finished) -> str:
    """Describe the inputs and the settings of a run."""
    preset, words = differences(finished.settings)
    changed = f", changed: {', '.join(words)}" if words else ""
    sources = " and ".join(f"'{source.name}'" for source in finished.inputs.sources)
    return (
        f"'{finished.inputs.target.name}' from {sources}. Preset '{PRESET_NAMES[preset]}'{changed}."
    )
