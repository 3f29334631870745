"""From matched places to the pixels that are copied: what each search for them shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from napari_oneshot_color.matching.agreement import ramp
from napari_oneshot_color.matching.patches import STEP
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import AnyArray, Image

__all__ = ["alikeness", "at_pixels", "bounded", "moved"]

_MOST_PIXELS = 2**17  # both images are matched at a size at which neither has more


def bounded(source: Image, grey: Image) -> tuple[Image, Image]:
    """Shrink two images by one factor, if either is too large to be matched as it is.

    Parameters
    ----------
    source : ndarray
        ``(h, w, 3)`` float32 in [0, 1].
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].

    Returns
    -------
    source, grey : ndarray
        The same with at most 131,072 pixels each.
    """
    factor = min(1.0, (_MOST_PIXELS / max(grey.size, source[..., 0].size)) ** 0.5)
    smaller = [
        resized(image, (round(image.shape[0] * factor), round(image.shape[1] * factor)))
        for image in (source, grey)
    ]
    return smaller[0], smaller[1]


def at_pixels(steps: AnyArray, shape: tuple[int, int]) -> AnyArray:
    """Give each pixel what its place has.

    Parameters
    ----------
    steps : ndarray
        ``(h, w)``: something of every `STEP`th pixel.
    shape : tuple of int
        H and W.

    Returns
    -------
    ndarray
        ``(H, W)``, of the same dtype; an odd last row or column goes with the one before.
    """
    y, x = (
        np.minimum(np.arange(length) // STEP, count - 1)
        for length, count in zip(shape, steps.shape, strict=True)
    )
    found: AnyArray = steps[np.ix_(y, x)]
    return found


def moved(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    shape: tuple[int, int],
    within: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where each pixel's colour lies.

    Parameters
    ----------
    rows, columns : ndarray
        ``(h, w)`` int64: how far every `STEP`th pixel moved, in steps.
    shape : tuple of int
        H and W of the image that is coloured.
    within : tuple of int
        Height and width of the image that is copied from.

    Returns
    -------
    y, x : ndarray
        ``(H, W)`` int64 each, inside the second.
    """
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (
        np.clip(y + at_pixels(rows, shape) * STEP, 0, within[0] - 1),
        np.clip(x + at_pixels(columns, shape) * STEP, 0, within[1] - 1),
    )


def alikeness(
    seen: Image,
    own: Image,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    limits: tuple[float, float],
) -> Image:
    """Say how like each other two images are where one is copied into the other.

    Parameters
    ----------
    seen, own : ndarray
        ``(h, w)`` and ``(H, W)`` float32, L* in [0, 100]: copied from, and coloured.
    places : tuple of ndarray
        y and x in the first for each pixel of the second, as `moved` has them.
    limits : tuple of float
        Differences of L*: 1 up to the first, 0 from the second on.

    Returns
    -------
    ndarray
        ``(H, W)`` float32 in [0, 1].
    """
    difference = np.abs(uniform_filter(seen, 3)[places] - uniform_filter(own, 3))
    alike: Image = 1 - ramp(uniform_filter(difference, 5), *limits)
    return alike
