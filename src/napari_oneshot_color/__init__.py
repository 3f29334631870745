"""Colour a grayscale image from ONE colour example, without weights, data set or cloud.

Method: Seo, Yoon, Kim and Yow, "One-to-one Example-based Automatic Image Coloring Using Deep
Convolutional Generative Adversarial Network".

Examples
--------
>>> from napari_oneshot_color import Settings, colorize
>>> result = colorize(source, target, Settings.preset("best"))  # doctest: +SKIP
>>> result.final  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.pipeline import colorize, colorize_steps, train
    from napari_oneshot_color.progress import Progress
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.settings import Settings

__all__ = [
    "Colorizer",
    "Progress",
    "Result",
    "Settings",
    "colorize",
    "colorize_steps",
    "train",
]

_HOMES = {
    "Colorizer": "colorizer.colorizer",
    "Progress": "progress",
    "Result": "result.result",
    "Settings": "settings",
    "colorize": "pipeline",
    "colorize_steps": "pipeline",
    "train": "pipeline",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: torch takes almost a second."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
