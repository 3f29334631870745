"""What a run is called in the list of results, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_oneshot_color.plugin.runs.differences import PRESET_NAMES, differences, peculiarities

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.finished import Finished

__all__ = ["description", "title"]


def title(finished: Finished, *, is_named: bool) -> str:
    """Call a run by what it is in itself: the ends of names are cut off."""
    number = "" if finished.run is None else f"{finished.run.layers.number} · "
    target = f" · {finished.inputs.target.name}" if is_named else ""
    return f"{number}{peculiarities(finished.settings)}{target}{finished.remark}"


def description(finished: Finished) -> str:
    """Say of a run what it was made from, and with which settings."""
    preset, words = differences(finished.settings)
    changed = f", changed: {', '.join(words)}" if words else ""
    sources = " and ".join(f"'{source.name}'" for source in finished.inputs.sources)
    return (
        f"'{finished.inputs.target.name}' from {sources}. Preset '{PRESET_NAMES[preset]}'{changed}."
    )
