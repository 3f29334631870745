"""Numbers of the method that are no settings."""

from __future__ import annotations

__all__ = ["CELL", "CHROMA_SCALE", "DESCRIPTORS", "UNCERTAINTY_LIMIT", "WORKING_SIZES"]

WORKING_SIZES = (256, 384, 512)
"""What the automatic working size is one of, in px; a larger one must be asked for."""

CELL = 4
"""Side in px of the cells that are matched and that a network for chroma colours."""

CHROMA_SCALE = 40.0
"""What networks take and give as 1, in units of a* and b*."""

UNCERTAINTY_LIMIT = 30.0
"""Uncertainty, in units of a* and b*, that is shown brightest."""

DESCRIPTORS = {
    "efficientnet-lite0": "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
}
"""What `Settings.descriptor` may name beside ``none``, and the SHA-256 of its weights."""
