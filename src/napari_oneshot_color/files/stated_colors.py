"""Colour information in files that Pillow does not read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["jp2_profile", "states_other_colors"]

_GAMMA = 0.45455
_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # white, red, green, blue
_SRGB_PRIMARIES = (1, 2)  # codes of ITU-T H.273; 2 means unspecified
_SRGB_CURVES = (1, 2, 6, 13, 14, 15)  # the curves of television are very similar
_ICC = (2, 3)  # methods of a JP2 colour specification


def states_other_colors(kind: str, data: bytes, chunks: Mapping[Any, Any]) -> bool:
    """Return whether a file without a profile states primaries or a curve other than sRGB's.

    Parameters
    ----------
    kind : str
        ``PNG`` (gAMA, cHRM, cICP) or ``AVIF`` (nclx); other formats have none.
    data : bytes
        The content of the file.
    chunks : mapping
        The metadata that Pillow found in it.
    """
    if "icc_profile" in chunks:
        return False
    if kind == "AVIF":
        place = data.find(b"colrnclx", 0, data.find(b"mdat"))
        points = data[place + 8 : place + 12]
        return place > 0 and _are_others(points[1], points[3])
    if kind != "PNG":
        return False
    for name, content in _png_chunks(data):
        if name == b"cICP" and len(content) == 4:
            return _are_others(content[0], content[1])
    if "srgb" in chunks:
        return False
    gamma, primaries = chunks.get("gamma", _GAMMA), chunks.get("chromaticity", _PRIMARIES)
    return abs(gamma - _GAMMA) > 0.005 or not np.allclose(primaries, _PRIMARIES, atol=0.005)


def jp2_profile(data: bytes) -> bytes | None:
    """Return the ICC profile of a JP2 file."""
    for name, content in _boxes(data):
        if name == b"jp2h":
            for inner, told in _boxes(content):
                if inner == b"colr" and told[:1] and told[0] in _ICC:
                    return told[3:]
    return None


def _are_others(primaries: int, curve: int) -> bool:
    return primaries not in _SRGB_PRIMARIES or curve not in _SRGB_CURVES


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks before the pixels."""
    place = 8
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        if name == b"IDAT":
            return
        yield name, data[place + 8 : place + 8 + size]
        place += 12 + size


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(data):
        size, head = int.from_bytes(data[place : place + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        end = place + size if size >= head else len(data)
        yield data[place + 4 : place + 8], data[place + head : end]
        place = end
