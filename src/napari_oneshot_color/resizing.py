"""Resizing, and the size at which the method works."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.transform import resize

from napari_oneshot_color.settings import WORKING_SIZES, Settings

__all__ = ["resized", "source_working_shape", "working_shape"]

Image = NDArray[np.float32]


def working_shape(height: int, width: int, working_size: int) -> tuple[int, int]:
    """Size at which the method works: the short side is `working_size` or less, never more.

    Where the working size is 0, that is not chosen yet, it is the smallest that may be.
    """
    factor = min(1.0, (working_size or WORKING_SIZES[0]) / min(height, width))
    return round(height * factor), round(width * factor)


def source_working_shape(
    source: tuple[int, int], target: tuple[int, int] | None, settings: Settings
) -> tuple[int, int]:
    """Size at which the method sees the source.

    Parameters
    ----------
    source, target : tuple of int
        Height and width in px; the target's may be unknown.
    settings : Settings
        `working_size`; and `source_scale`, by which the source's pixels become as large as those of
        the target at its working size. It is never enlarged.

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


def resized(image: Image, shape: tuple[int, int]) -> Image:
    """Resize an image, smoothed against aliasing where it shrinks.

    Parameters
    ----------
    image : ndarray
        ``(H, W)`` or ``(H, W, C)`` float32.
    shape : tuple of int
        Wanted height and width in px.

    Returns
    -------
    ndarray
        float32; the image itself where it has the shape already.
    """
    if image.shape[:2] == shape:
        return image
    shrinks = shape[0] < image.shape[0] or shape[1] < image.shape[1]
    wanted = (*shape, *image.shape[2:])
    result: Image = resize(image, wanted, order=1, mode="edge", anti_aliasing=shrinks)
    return result.astype(np.float32, copy=False)
