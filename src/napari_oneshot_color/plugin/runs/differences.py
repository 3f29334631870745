"""Describes settings by the nearest preset and the differences from it."""

from __future__ import annotations

from napari_oneshot_color.settings import PRESETS, Settings
from napari_oneshot_color.settings.field import Value

__all__ = ["PRESET_NAMES", "differences", "peculiarities"]

_STEPS = ("epochs", "patches_per_epoch", "batch_size", "max_steps")
_CHOSEN = ("working_size", "source_scale")  # chosen by the run, if the preset has 0
_MOST = 3
PRESET_NAMES = {
    "instant": "Instant",
    "best": "Best",
    "paper": "As in the paper",
    "quick": "Quick",
    "source-only": "Source only",
}
"""Names of the presets in the viewer; the command line and the files use the short ones."""


def differences(settings: Settings) -> tuple[str, list[str]]:
    """Return the preset nearest to some settings, and the differences in words.

    Returns
    -------
    tuple
        The preset, and for each different setting a phrase like ``seed 1``; settings that change
        the number of steps are one difference, such as ``600 steps``.
    """
    found = [(preset, _words(settings, Settings.preset(preset))) for preset in PRESETS]
    return min(found, key=lambda one: len(one[1]))


def peculiarities(settings: Settings) -> str:
    """Describe settings in a few words: ``Best, seed 1, 600 steps``."""
    preset, words = differences(settings)
    more = [f"{len(words) - _MOST} more"] if len(words) > _MOST + 1 else words[_MOST:]
    return ", ".join([PRESET_NAMES[preset], *words[:_MOST], *more])


def _words(settings: Settings, preset: Settings) -> list[str]:
    ours, theirs = settings.to_dict(), preset.to_dict()
    names = [
        name
        for name, value in ours.items()
        if value != theirs[name] and not (name in _CHOSEN and not theirs[name])
    ]
    words = [_word(name, ours[name]) for name in names if name not in _STEPS]
    if settings.steps != preset.steps:
        words.insert(0, f"{settings.steps:,} steps")
    if "seed" in names:
        words.remove(_word("seed", ours["seed"]))
        words.insert(0, _word("seed", ours["seed"]))
    return words


def _word(name: str, value: Value) -> str:
    name = name.replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
