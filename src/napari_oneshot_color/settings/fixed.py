"""Fixed parameters of the method, which are not settings."""

from __future__ import annotations

__all__ = [
    "CELL",
    "CHROMA_SCALE",
    "DESCRIPTORS",
    "LARGER_WORKING_SIZES",
    "UNCERTAINTY_LIMIT",
    "WORKING_SIZES",
]

WORKING_SIZES = (256, 384, 512)
"""Sizes in px among which the automatic working size is chosen."""

LARGER_WORKING_SIZES = (768, 1024)
"""Sizes in px that are chosen, one step after another, only where a step regains much colour."""

CELL = 4
"""Side in px of the cells that are matched, and that a chroma network colours."""

CHROMA_SCALE = 40.0
"""The a* and b* value that networks receive and return as 1."""

UNCERTAINTY_LIMIT = 30.0
"""The uncertainty, in units of a* and b*, that is shown brightest."""

DESCRIPTORS = {
    "efficientnet-lite0": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
}
"""Names that `Settings.descriptor` accepts besides ``none``, and the SHA-256 of their weights."""
