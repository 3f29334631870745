"""Every stage's image of a run, its pictures and its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.result.result import Result

__all__ = ["Result"]


def __getattr__(name: str) -> Any:
    """Import the public name when it is first used."""
    if name != "Result":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.result.result import Result

    return Result
