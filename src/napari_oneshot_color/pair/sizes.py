"""Chooses the size at which the method works, by how fine the source's colours are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.pixels.resizing import resized, shrunk
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import CELL, LARGER_WORKING_SIZES, WORKING_SIZES
from napari_oneshot_color.types import Image

__all__ = ["choose_working_size", "chroma_lost", "source_working_shape", "working_shape"]

_MORE = 1.05  # a size is accepted if it loses at most this times what the largest size loses
_WORTH = 0.5  # mean distance in a*, b* that each larger size must regain: it takes twice as long
_MOST_PIXELS = 2 * 1024**2  # of an image at a larger size, so that time and memory are bounded
_SEEN_AT = 1024  # px of the short side at which the source's colours are compared


def working_shape(height: int, width: int, working_size: int) -> tuple[int, int]:
    """Return the size at which the method works; its short side is at most `working_size`.

    If the working size is 0 (not chosen yet), the smallest possible one is used.
    """
    factor = min(1.0, (working_size or WORKING_SIZES[0]) / min(height, width))
    return round(height * factor), round(width * factor)


def source_working_shape(
    source: tuple[int, int], target: tuple[int, int] | None, settings: Settings
) -> tuple[int, int]:
    """Return the size at which the method uses the source.

    Parameters
    ----------
    source, target : tuple of int
        Height and width in px; the target's may be unknown.
    settings : Settings
        `working_size`, and `source_scale`, which brings the source to the target's scale. The
        source is never enlarged.

    Returns
    -------
    tuple of int
        Height and width in px.
    """
    if target is None or not settings.source_scale:
        return working_shape(*source, settings.working_size)
    size = settings.working_size or WORKING_SIZES[0]
    factor = min(1.0, size / min(target)) * settings.source_scale
    height, width = (max(1, round(side * min(1.0, factor))) for side in source)
    return height, width


def choose_working_size(
    source: Image,
    target_shape: tuple[int, int] | None,
    settings: Settings,
    others: Iterable[tuple[int, ...]] = (),
) -> tuple[int, str]:
    """Choose the smallest working size that keeps nearly as much colour as 512 px.

    A network may work at 768 or 1,024 px, if that keeps much more.

    Parameters
    ----------
    source : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.
    target_shape : tuple of int or None
        Height and width of the target in px, if it is known; it is not enlarged, either.
    settings : Settings
        For the upsampling from the working size.
    others : iterable of tuple of int
        Heights and widths of other sources, which will have the same working size.

    Returns
    -------
    size : int
        In px.
    reason : str
        A sentence for the user; empty if there was no choice.
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
    if size == WORKING_SIZES[-1] and settings.network != "none":
        for larger in _larger_sizes(source.shape[:2], target_shape or source.shape[:2], *others):
            lost[larger] = chroma_lost(seen, larger, settings)
            if lost[size] - lost[larger] < _WORTH:
                break
            size = larger
    changes = ", ".join(f"{change:.1f} at {size} px" for size, change in lost.items())
    return size, (
        f"The working size is {size} px: the source's own colours would change by {changes} "
        "(mean distance in a*, b*)."
    )


def _larger_sizes(*shapes: Sequence[int]) -> list[int]:
    """Return the larger sizes at which images of these heights and widths can be worked on."""
    return [
        size
        for size in LARGER_WORKING_SIZES
        if all(
            min(one) >= size and size * size / min(one) * max(one) <= _MOST_PIXELS for one in shapes
        )
    ]


def chroma_lost(image: Image, size: int, settings: Settings) -> float:
    """Measure how much of an image's colours is lost at a working size.

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
