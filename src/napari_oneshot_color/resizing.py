"""Smaller for the method, larger for the result: resizing, and colour brought up along edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from skimage.transform import resize

from napari_oneshot_color.settings import Settings

__all__ = ["guided", "resized", "upsample", "working_shape"]

Image = NDArray[np.float32]


def working_shape(height: int, width: int, working_size: int) -> tuple[int, int]:
    """Size at which the method works: the short side is `working_size` or less, never more."""
    factor = min(1.0, working_size / min(height, width))
    return round(height * factor), round(width * factor)


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


def upsample(ab: Image, guide: Image, settings: Settings) -> Image:
    """Bring a* and b* to a larger size, along the edges of the grey image there.

    ``guided`` is the fast guided filter (He and Sun, 2015): where the grey image is
    smooth, colour is interpolated; where it has an edge, colour follows the edge.

    Parameters
    ----------
    ab : ndarray
        ``(h, w, 2)`` float32.
    guide : ndarray
        ``(H, W)`` float32 in [0, 1].
    settings : Settings
        `upsampling`, `guide_radius` and `guide_epsilon`.

    Returns
    -------
    ndarray
        ``(H, W, 2)`` float32.
    """
    if settings.upsampling == "linear":
        return resized(ab, (guide.shape[0], guide.shape[1]))
    return guided(ab, guide, settings)


def guided(ab: Image, guide: Image, settings: Settings) -> Image:
    """Smooth a* and b* along a grey image's edges, at its size: the fast guided filter.

    Parameters
    ----------
    ab : ndarray
        ``(h, w, 2)`` float32.
    guide : ndarray
        ``(H, W)`` float32 in [0, 1], of the same size or a larger one.
    settings : Settings
        `guide_radius` and `guide_epsilon`.

    Returns
    -------
    ndarray
        ``(H, W, 2)`` float32.
    """
    shape = (guide.shape[0], guide.shape[1])
    small = resized(guide, (ab.shape[0], ab.shape[1]))[..., None]
    size = (2 * settings.guide_radius + 1, 2 * settings.guide_radius + 1, 1)
    mean_guide, mean_ab = uniform_filter(small, size), uniform_filter(ab, size)
    covariance = uniform_filter(small * ab, size) - mean_guide * mean_ab
    variance = uniform_filter(small * small, size) - mean_guide * mean_guide
    slope = covariance / (variance + settings.guide_epsilon)
    offset = mean_ab - slope * mean_guide
    lines = uniform_filter(np.concatenate([slope, offset], axis=2), size)
    lines = resized(lines.astype(np.float32), shape)
    result: Image = lines[..., :2] * guide[..., None] + lines[..., 2:]
    return result
