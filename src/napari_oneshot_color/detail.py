"""How fine a pair's colours are, and so at which size the method should work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from napari_oneshot_color.lab import luminance
from napari_oneshot_color.networks import CELL
from napari_oneshot_color.resizing import resized, working_shape
from napari_oneshot_color.settings import WORKING_SIZES, Settings
from napari_oneshot_color.shrinking import shrunk
from napari_oneshot_color.upsampling import ChromaField

__all__ = ["choose_working_size", "chroma_lost"]

Image = NDArray[np.float32]

_MORE = 1.05  # a size will do if it loses no more than this times what the largest loses
_SEEN_AT = 1024  # px of the short side at which the source's colours are compared


def choose_working_size(
    source: Image, target_shape: tuple[int, int] | None, settings: Settings
) -> tuple[int, str]:
    """Choose the smallest working size that keeps the source's own colours nearly as the largest.

    Parameters
    ----------
    source : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.
    target_shape : tuple of int or None
        Height and width of the target in px, if it is known: it is not enlarged either.
    settings : Settings
        For the way up from the working size.

    Returns
    -------
    size : int
        In px.
    reason : str
        A sentence for the user; empty where there was nothing to choose.
    """
    largest = min(source.shape[:2] if target_shape is None else (*source.shape[:2], *target_shape))
    sizes = [size for size in WORKING_SIZES if size <= largest]
    if len(sizes) < len(WORKING_SIZES) and largest > WORKING_SIZES[0]:
        sizes.append(largest)
    if len(sizes) < 2:
        return WORKING_SIZES[0], ""
    seen = shrunk(source, working_shape(source.shape[0], source.shape[1], _SEEN_AT))
    lost = {size: chroma_lost(seen, size, settings) for size in sizes}
    size = next(size for size in sizes if lost[size] <= _MORE * lost[sizes[-1]])
    told = ", ".join(f"{change:.1f} at {size} px" for size, change in lost.items())
    return size, (
        f"The working size is {size} px: the source's own colours would change by {told} "
        "(mean distance in a*, b*)."
    )


def chroma_lost(image: Image, size: int, settings: Settings) -> float:
    """Measure what is lost of an image's colours if the method works at a size.

    Parameters
    ----------
    image : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.
    size : int
        The working size in px.
    settings : Settings
        `network` and the settings of upsampling.

    Returns
    -------
    float
        Mean distance in the plane of a* and b*.
    """
    grey, ab = luminance(image), rgb2lab(image)[..., 1:].astype(np.float32)
    shape = working_shape(image.shape[0], image.shape[1], size)
    small = shrunk(ab, shape)
    if settings.colors_cells:
        cells = shape[0] // CELL, shape[1] // CELL
        small = resized(shrunk(small, cells), shape)
    back = ChromaField.over(small, shrunk(grey, shape), settings).at(grey)
    return float(np.linalg.norm(back - ab, axis=-1).mean())
