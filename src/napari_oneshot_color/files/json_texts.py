"""Reads JSON of any Unicode encoding, with limits on its size and depth.

All JSON is read here: settings, hints, records, journals, the metadata of zarr.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from napari_oneshot_color.files import places

__all__ = ["parse_json", "read_json"]

_LARGEST = 2**24  # bytes
_DEEPEST = 64  # nested lists and objects; no genuine file has more


def read_json(path: str | Path) -> Any:
    """Read a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte-order mark.

    PowerShell writes UTF-16 with a byte-order mark, and many editors write UTF-8 with one.

    Raises
    ------
    BadFileError
        If it is missing, unreadable, not a regular file, or too large.
    ValueError
        If it is not JSON, or nested too deeply; the message says which.
    """
    return parse_json(places.content(Path(path), _LARGEST))


def parse_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    ValueError
        If it is not JSON, too large, or nested too deeply; the message says which.
    """
    if len(text) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST:,} bytes")
    if isinstance(text, bytes):
        try:
            text = text.decode(json.detect_encoding(text))
        except UnicodeDecodeError as error:
            raise ValueError("it is not text") from error
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
    """Return the nesting depth of lists and objects, without recursion."""
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
