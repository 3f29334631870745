"""Colour a grey image from one colour example, offline.

Method: Seo, Yoon, Kim and Yow, "One-to-one Example-based Automatic Image Coloring Using Deep
Convolutional Generative Adversarial Network".

Examples
--------
>>> from napari_oneshot_color import Settings, colorize
>>> result = colorize(source, target, Settings.preset("best"))  # doctest: +SKIP
>>> result.final  # doctest: +SKIP
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.errors import (
        BadColorizerFileError,
        BadFileError,
        BadPairError,
        BadSettingsError,
        DeviceError,
        MissingDescriptorError,
        OneshotColorError,
        OutOfMemoryError,
    )
    from napari_oneshot_color.files.decoding import read_image
    from napari_oneshot_color.matching.ranking import Match, rank_sources
    from napari_oneshot_color.pair.hints import Hints, read_hints
    from napari_oneshot_color.pair.prepare import Source
    from napari_oneshot_color.pipeline import colorize, colorize_steps, train
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.settings import Settings
    from napari_oneshot_color.stacks.lazy import colorize_stack
    from napari_oneshot_color.steering.fading import fade
    from napari_oneshot_color.steering.hinting import apply_hints, colorize_from_hints
    from napari_oneshot_color.steering.recoloring import recolor
    from napari_oneshot_color.training.loop import TrainingDivergedError

__all__ = [
    "BadColorizerFileError",
    "BadFileError",
    "BadPairError",
    "BadSettingsError",
    "Colorizer",
    "DeviceError",
    "Hints",
    "Match",
    "MissingDescriptorError",
    "OneshotColorError",
    "OutOfMemoryError",
    "Progress",
    "Result",
    "Settings",
    "Source",
    "TrainingDivergedError",
    "apply_hints",
    "colorize",
    "colorize_from_hints",
    "colorize_stack",
    "colorize_steps",
    "fade",
    "rank_sources",
    "read_hints",
    "read_image",
    "recolor",
    "train",
]

_HOMES = {
    "BadColorizerFileError": "errors",
    "BadFileError": "errors",
    "BadPairError": "errors",
    "BadSettingsError": "errors",
    "Colorizer": "colorizer.colorizer",
    "DeviceError": "errors",
    "Hints": "pair.hints",
    "Match": "matching.ranking",
    "MissingDescriptorError": "errors",
    "OneshotColorError": "errors",
    "OutOfMemoryError": "errors",
    "Progress": "progress",
    "Result": "result.result",
    "Settings": "settings",
    "Source": "pair.prepare",
    "TrainingDivergedError": "training.loop",
    "apply_hints": "steering.hinting",
    "colorize": "pipeline",
    "colorize_from_hints": "steering.hinting",
    "colorize_stack": "stacks.lazy",
    "colorize_steps": "pipeline",
    "fade": "steering.fading",
    "rank_sources": "matching.ranking",
    "read_hints": "pair.hints",
    "read_image": "files.decoding",
    "recolor": "steering.recoloring",
    "train": "pipeline",
}

logging.getLogger(__name__).addHandler(logging.NullHandler())  # applications choose where to log


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: importing torch takes almost a second."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
