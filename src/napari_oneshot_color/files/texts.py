"""Texts that any reader takes back."""

from __future__ import annotations

from typing import Any

__all__ = ["as_text"]


def as_text(value: Any) -> Any:
    """Escape halves of letters, which a file's name may hold: no reader of JSON takes them back.

    Parameters
    ----------
    value : object
        Text, or a list in which there is some; others are returned as they are.
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    return [as_text(one) for one in value] if isinstance(value, list | tuple) else value
