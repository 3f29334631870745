"""The inputs of a run: sources and target, checked and at the working size; hints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.pair.prepare import Source

__all__ = ["Source"]


def __getattr__(name: str) -> Any:
    """Import the public name lazily, when it is first used."""
    if name != "Source":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.pair.prepare import Source

    return Source
