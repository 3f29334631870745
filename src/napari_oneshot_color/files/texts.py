"""Text files as people have them: in UTF-8, or as Windows redirects and saves them."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["read_text"]


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
