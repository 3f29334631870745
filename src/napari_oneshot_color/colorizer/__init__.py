"""The colorizer: a trained generator, its device and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer

__all__ = ["Colorizer"]


def __getattr__(name: str) -> Any:
    """Import the public name lazily, when it is first used."""
    if name != "Colorizer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.colorizer.colorizer import Colorizer

    return Colorizer
