"""The LAB join: the target's L* with the a* and b* of a result."""

from __future__ import annotations

from napari_oneshot_color.pixels.chroma_field import chroma_field
from napari_oneshot_color.pixels.color import colored_in_strips
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Image

__all__ = ["join"]


def join(target: Image, color: Image, settings: Settings) -> tuple[Image, Image, float]:
    """Join the target's L* with the a* and b* of a result.

    Parameters
    ----------
    target : ndarray
        ``(H, W)`` float32 in [0, 1]: the grey target at its full size.
    color : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB, at the working size.
    settings : Settings
        `upsampling` and the two ``guide_…`` settings, if the sizes differ.

    Returns
    -------
    final : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB; L* is the target's wherever nothing was clipped.
    lab : ndarray
        ``(H, W, 3)`` float32: L* in [0, 100], a* and b*, before clipping.
    clipped : float
        Fraction of pixels that were clipped because their colour is outside sRGB.
    """
    height, width = color.shape[:2]
    field = chroma_field(color, shrunk(target, (height, width)), target.shape, settings)
    return colored_in_strips(target, lambda rows: field.in_rows(target, rows))
