"""The result of a run: the image of every stage, summary pictures and the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.result.result import Result

__all__ = ["Result"]


def __getattr__(name: str) -> Any:
    """Import the public name lazily, when it is first used."""
    if name != "Result":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.result.result import Result

    return Result
