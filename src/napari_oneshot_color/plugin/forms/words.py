"""The settings in words for people: the command line and the files have terser ones."""

from __future__ import annotations

import re

from napari_oneshot_color.settings import Setting, all_settings

__all__ = ["AUTOMATIC", "group_in_words", "help_in_words", "in_words", "label_of", "offered"]

AUTOMATIC = {
    "threads": "automatic",
    "working_size": "automatic",
    "source_scale": "automatic",
    "max_steps": "all of them",
}
"""What is shown instead of 0, where that is no number but leaves the choice to the run."""

_CHOICES = {"dcgan": "as in the paper", "chroma": "colour alone", "none": "no network"}
_GROUPS = {"Objective of dcgan": "Objective as in the paper", "Run": "Computing"}
_PHRASES = {
    "dcgan's": "the paper's",
    "chroma's": "the other network's",
}
_NAMES = [setting.name for setting in all_settings()]
_NAME = re.compile(  # a layer may be called 'contrast'
    rf"'({'|'.join(name for name in _NAMES if '_' in name)})'|'({'|'.join(_NAMES)})'(?= must)"
)
_ACRONYMS = {"cuda": "CUDA", "ssim": "SSIM"}


def in_words(sentence: str) -> str:
    """Replace the settings' names in a sentence by the form's labels."""
    for phrase, plain in _PHRASES.items():
        sentence = sentence.replace(phrase, plain)
    for choice in ("dcgan", "chroma"):
        sentence = re.sub(rf"'?\b{choice}\b'?", f"'{_CHOICES[choice]}'", sentence)
    sentence = sentence.replace(", or 0.", ", or automatic.")
    return _NAME.sub(lambda found: f"'{label_of(found[1] or found[2])}'", sentence)


def label_of(name: str) -> str:
    """Name a setting as the form does: ``Tile size``."""
    first, *others = name.split("_")
    return " ".join([_ACRONYMS.get(first, first.capitalize()), *others])


def group_in_words(group: str) -> str:
    """Name a group of settings."""
    return _GROUPS.get(group, group)


def help_in_words(setting: Setting) -> str:
    """Explain a setting; the form shows its choices."""
    help = setting.help if setting.choices else setting.full_help
    if setting.name == "network":
        help = help.replace("none:", f"'{_CHOICES['none']}':")
    if setting.name in AUTOMATIC:
        help = re.sub(r"\b0 (takes|chooses|trains)", rf"'{AUTOMATIC[setting.name]}' \1", help)
        help = help.replace(" From 0 to ", " Up to ")
    return in_words(help)


def offered(setting: Setting) -> list[tuple[str, str]]:
    """List the choices of a setting: what is shown, and its value."""
    words = _CHOICES if setting.name == "network" else {}
    return [(words.get(choice, choice), choice) for choice in setting.choices]
