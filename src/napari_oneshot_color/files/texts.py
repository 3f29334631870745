"""Text that every JSON reader accepts."""

from __future__ import annotations

from typing import Any

__all__ = ["as_text"]


def as_text(value: Any) -> Any:
    """Escape lone surrogates, which file names may contain and JSON readers reject.

    Parameters
    ----------
    value : object
        Text, or a list that contains text; other values are returned unchanged.
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    return [as_text(one) for one in value] if isinstance(value, list | tuple) else value
