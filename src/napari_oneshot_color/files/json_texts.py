"""JSON as people and programs have it: of any encoding, and of bounded size and depth.

Everything that is JSON comes in here: settings, hints, records, journals, the metadata of zarr.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from napari_oneshot_color.files import places

__all__ = ["parse_json", "read_json"]

_LARGEST = 2**24  # bytes
_DEEPEST = 64  # lists and objects in each other; what takes more steps than that nobody wrote


def read_json(path: str | Path) -> Any:
    """Read a file of JSON, in UTF-8, 16 or 32, with or without a mark at its beginning.

    PowerShell writes UTF-16 with a mark, and many editors UTF-8 with one.

    Raises
    ------
    BadFileError
        If it is missing, may not be read, is no regular file, or is very large.
    ValueError
        If it is no JSON, or nested very deep; it says what.
    """
    return parse_json(places.content(Path(path), _LARGEST))


def parse_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    ValueError
        If it is none, very large, or nested very deep; it says what.
    """
    if len(text) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST:,} bytes")
    if isinstance(text, bytes):
        try:
            text = text.decode(json.detect_encoding(text))
        except UnicodeDecodeError as error:
            raise ValueError("it is no text") from error
    try:
        contents = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        contents = None
        depth = _DEEPEST + 1
    else:
        depth = _depth(contents)
    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} deep")
    return contents


def _depth(contents: Any) -> int:
    """Count how many lists and objects lie in each other, without going down into them."""
    depth = 0
    level = [contents]
    while level and depth <= _DEEPEST:
        inside: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inside.extend(one for one in part.values() if isinstance(one, dict | list))
            elif isinstance(part, list):
                inside.extend(one for one in part if isinstance(one, dict | list))
        depth += 1
        level = inside
    return depth
