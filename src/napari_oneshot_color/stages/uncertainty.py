"""Where not to believe the colour: how far those who tell it contradict each other."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.neighbours import Neighbours
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import Image

__all__ = ["FAMILIAR", "doubt", "estimate_uncertainty"]

FAMILIAR = 2.5
"""Novelty up to which a target is like its source, as another part of the same picture is."""

_DOUBTFUL = 12.0  # a median from which the user is warned
_NOVEL = 3.0  # a novelty above which there is a warning, too
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
    the neighbours, and the difference between two trainings. Neighbours may also agree with each
    other about a target that is unlike everything in the source: `novelty` then raises all values.

    Parameters
    ----------
    merged : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB: what the network says.
    neighbours : Neighbours
        The target's own.
    trust : ndarray or None
        ``(h, w)`` float32 in [0, 1]: where correspondences tell the colour.
    novelty : float
        The target's, as `matching.neighbours.Matcher.novelty` has it.

    Returns
    -------
    ndarray
        ``(h, w)`` float32, 0 and up, in units of a* and b*.
    """
    shape = (merged.shape[0], merged.shape[1])
    chroma = rgb2lab(merged)[..., 1:].astype(np.float32)
    contradiction = np.linalg.norm(chroma - resized(neighbours.chroma, shape), axis=-1)
    doubtful = gaussian_filter(contradiction + resized(neighbours.spread, shape), _SIGMA)
    doubtful *= min(max(1.0, novelty / FAMILIAR), _MOST)
    estimate: Image = doubtful if trust is None else doubtful * (1 - _TRUSTED * trust)
    return estimate.astype(np.float32, copy=False)


def doubt(uncertainty: Image | None, novelty: float | None) -> str | None:
    """Say in a sentence that a result is doubtful as a whole, or None.

    Parameters
    ----------
    uncertainty : ndarray or None
        ``(h, w)`` float32 in units of a* and b*, if it was estimated.
    novelty : float or None
        The target's, as `matching.neighbours.Matcher.novelty` has it, if it is known.
    """
    if novelty is not None and novelty > _NOVEL:
        return (
            f"Do not trust these colours as they are: the target differs from the source "
            f"{novelty:.0f} times as much as parts of the source differ from each other. Choose a "
            "source that looks more like the target, at the same scale and in the same light."
        )
    if uncertainty is None or np.median(uncertainty) < _DOUBTFUL:
        return None
    return (
        "Do not trust these colours as they are: for more than half of the target, the ways of "
        f"finding a colour disagree by {np.median(uncertainty):.0f} or more in a*, b*. 'Hints and "
        "trust' shows where. A source that looks more like the target would help."
    )
