"""Text files as people have them: in UTF-8, or as Windows redirects and saves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["as_text", "read_text"]


def read_text(path: str | Path) -> str:
    """Read a file of JSON as text, in UTF-8, 16 or 32, with or without a mark at its beginning.

    PowerShell writes UTF-16 with a mark, and many editors UTF-8 with one.

    Raises
    ------
    OSError
        If it cannot be read.
    UnicodeDecodeError
        If it is no text.
    """
    data = Path(path).read_bytes()
    return data.decode(json.detect_encoding(data)).removeprefix("\ufeff")


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
