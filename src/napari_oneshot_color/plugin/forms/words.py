"""The settings in words for people: the command line and the files have terser ones."""

from __future__ import annotations

import re

from napari_oneshot_color.settings import Setting

__all__ = ["AUTOMATIC", "group_in_words", "help_in_words", "in_words", "offered"]

AUTOMATIC = {
    "threads": "automatic",
    "working_size": "automatic",
    "source_scale": "automatic",
    "max_steps": "all of them",
}
"""What is shown instead of 0, where that is no number but leaves the choice to the run."""

_CHOICES = {"dcgan": "as in the paper", "chroma": "colour alone", "none": "no network"}
_PHRASES = {
    "Objective of dcgan": "Objective as in the paper",
    "dcgan's": "the paper's",
    "chroma's": "the other network's",
}
_NAME = re.compile(r"'[a-z]+\d?(?:_[a-z]+\d?)+'")


def in_words(sentence: str) -> str:
    """Say a sentence about settings without the names that programs have for them."""
    for phrase, plain in _PHRASES.items():
        sentence = sentence.replace(phrase, plain)
    for choice in ("dcgan", "chroma"):
        sentence = re.sub(rf"'?\b{choice}\b'?", f"'{_CHOICES[choice]}'", sentence)
    sentence = sentence.replace(", or 0.", ", or automatic.")
    return _NAME.sub(lambda found: found[0].replace("_", " "), sentence)


def group_in_words(group: str) -> str:
    """Name a group of settings."""
    return _PHRASES.get(group, group)


def help_in_words(setting: Setting) -> str:
    """Explain a setting."""
    help = setting.full_help
    if setting.name == "network":
        help = setting.help.replace("none:", f"'{_CHOICES['none']}':")
    if setting.name in AUTOMATIC:
        help = re.sub(r"\b0 (takes|chooses|trains)", rf"'{AUTOMATIC[setting.name]}' \1", help)
        help = help.replace(" From 0 to ", " Up to ")
    return in_words(help)


def offered(setting: Setting) -> list[tuple[str, str]]:
    """List the choices of a setting: what is shown, and its value."""
    words = _CHOICES if setting.name == "network" else {}
    return [(words.get(choice, choice), choice) for choice in setting.choices]
