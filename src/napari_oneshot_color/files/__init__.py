"""Reading images, writing files atomically, checksums, pixel sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.files.decoding import read_image

__all__ = ["read_image"]


def __getattr__(name: str) -> Any:
    """Import the public name lazily, when it is first used."""
    if name != "read_image":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from napari_oneshot_color.files.decoding import read_image

    return read_image
