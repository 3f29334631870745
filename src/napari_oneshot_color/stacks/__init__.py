"""Stacks, and images larger than memory: read, coloured and written in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.stacks.lazy import colorize_stack

__all__ = ["colorize_stack"]


def __getattr__(name: str) -> Any:
    """Import the public name when it is first used."""
    if name != "colorize_stack":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.stacks.lazy import colorize_stack

    return colorize_stack
