"""Where not to believe the colour: how far those who tell it contradict each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.neighbours import Neighbours
from napari_oneshot_color.resizing import resized

__all__ = ["FAMILIAR", "estimate_uncertainty"]

Image = NDArray[np.float32]

FAMILIAR = 2.5
"""Novelty up to which a target is like its source, as another part of the same picture is."""

_SIGMA = 3.0  # px over which what is said of single pixels is averaged
_MOST = 4.0  # times as uncertain is what is novel: beyond that the unit means nothing
_TRUSTED = 0.9  # of the uncertainty is gone where the same place was found in the source


def estimate_uncertainty(
    merged: Image, neighbours: Neighbours, trust: Image | None, novelty: float = 1.0
) -> Image:
    """Estimate how far the colour may be wrong, from what contradicts it.

    The nearest neighbours contradict each other (their spread), and the network contradicts them
    (the distance between the two). Where the same place was found in the source, that counts
    little. Chosen by its rank correlation with the true error among these three, the distance of
    the neighbours, and the difference between two trainings. A source may be of one mind about a
    target that it has never seen the like of: then all of it counts more.

    Parameters
    ----------
    merged : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB: what the network says.
    neighbours : Neighbours
        Of the target.
    trust : ndarray or None
        ``(h, w)`` float32 in [0, 1]: where correspondences tell the colour.
    novelty : float
        Of the target, as `Matcher.novelty` has it.

    Returns
    -------
    ndarray
        ``(h, w)`` float32, 0 and up, in units of a* and b*.
    """
    shape = (merged.shape[0], merged.shape[1])
    chroma = rgb2lab(merged)[..., 1:].astype(np.float32)
    contradiction = np.linalg.norm(chroma - resized(neighbours.chroma, shape), axis=-1)
    told = gaussian_filter(contradiction + resized(neighbours.spread, shape), _SIGMA)
    told *= min(max(1.0, novelty / FAMILIAR), _MOST)
    estimate: Image = told if trust is None else told * (1 - _TRUSTED * trust)
    return estimate.astype(np.float32, copy=False)
