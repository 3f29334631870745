"""Smooths the merged image and blends in the colours of neighbours and correspondences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.pixels.chroma_field import guided
from napari_oneshot_color.pixels.color import lightness, rgb_of_lab
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Image

__all__ = ["blended", "smooth"]

_INVISIBLE = 1.0  # squared distance in a* and b* that is not visible


def smooth(merged: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Remove tile borders with a Gaussian.

    Parameters
    ----------
    merged : ndarray
        ``(H, W, 3)`` float32 in [0, 1].
    sigma : float
        Width in px; 0 changes nothing.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` float32 in [0, 1].
    """
    if sigma == 0:
        return merged.copy()
    smoothed: NDArray[np.float32] = gaussian_filter(merged, (sigma, sigma, 0), mode="nearest")
    return smoothed


def blended(
    merged: Image,
    grey: Image,
    settings: Settings,
    neighbours: Neighbours | None = None,
    correspondence: tuple[Image, Image] | None = None,
) -> Image:
    """Smooth a merged image and blend other colours into it.

    With `smoothing` ``gaussian`` and nothing to blend, this is a plain Gaussian, as in the paper.

    Parameters
    ----------
    merged : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    grey : ndarray
        ``(h, w)`` float32 in [0, 1]: the target.
    settings : Settings
        `smoothing`, `gaussian_sigma`, `neighbour_weight`, `caution`, `guide_radius`,
        `guide_epsilon`.
    neighbours : Neighbours, optional
        The neighbours of the target; their share of the chroma is `neighbour_weight`.
    correspondence : tuple of ndarray, optional
        Chroma ``(h, w, 2)`` and weights ``(h, w)``, as returned by
        `matching.correspondence.corresponding`.

    Returns
    -------
    ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    """
    if settings.smoothing == "gaussian":
        merged = smooth(merged, settings.gaussian_sigma)
        if neighbours is None and correspondence is None:
            return merged
    chroma = rgb2lab(merged)[..., 1:].astype(np.float32)
    if neighbours is not None:
        difference = resized(neighbours.chroma, grey.shape) - chroma
        chroma += settings.neighbour_weight * difference
        if settings.caution:
            chroma *= _reliability(chroma, difference, settings.caution)
    if settings.smoothing == "guided":
        chroma = guided(chroma, grey, settings)
    if correspondence is not None:
        copied, weight = correspondence
        chroma += weight[..., None] * (copied - chroma)
    return rgb_of_lab(np.dstack([lightness(grey), chroma]))


def _reliability(chroma: Image, difference: Image, caution: float) -> Image:
    """Return the share of a colour that is kept, a Wiener (1949) filter of signal and noise.

    The signal is the squared chroma; the noise is half the squared difference between network and
    neighbours. A strong colour on which both nearly agree is kept; a faint one on which they
    disagree fades.
    """
    strength = np.square(chroma).sum(axis=-1, keepdims=True)
    noise = np.square(difference).sum(axis=-1, keepdims=True) / 2
    share: Image = strength / (strength + caution * noise + _INVISIBLE)
    return share
