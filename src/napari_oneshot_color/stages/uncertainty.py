"""The uncertainty of colours: how far the different ways of finding them disagree."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import Image

__all__ = ["FAMILIAR", "doubt", "estimate_uncertainty"]

FAMILIAR = 1.5
"""Novelty up to which a target is usual, in units of the typical distance within a source."""

_DOUBTFUL = 12.0  # median uncertainty from which the user is warned
_NOVEL = 3.0  # novelty above which the user is warned, without a descriptor
_NOVEL_BUT_ALIKE = 6.0  # with a descriptor: the same things, but in very different light
_UNLIKE = 0.42  # match below which the user is warned; for the same thing it was 0.46 or more
_SIGMA = 2.0  # width in px over which the uncertainty is averaged
_MOST = 4.0  # largest factor for distant neighbours: beyond it the unit loses its meaning
_TRUSTED = 0.7  # share that is removed where the same place was found in the source


def estimate_uncertainty(
    merged: Image, neighbours: Neighbours, trust: Image | None, typical_distance: float
) -> Image:
    """Estimate how far the colour may be wrong.

    The estimate is the spread of the nearest neighbours' colours plus their distance from the
    network's colour. Both are scaled up if the neighbours are far away, because neighbours may
    agree on something that the source does not show. Where the same place was found in the source,
    the value is reduced. These terms had the best rank correlation with the true error on pairs of
    photographs of the same things; the strength of the colours, edges and the effect of `caution`
    were tried, too.

    Parameters
    ----------
    merged : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB: the network's colours.
    neighbours : Neighbours
        The neighbours of the target.
    trust : ndarray or None
        ``(h, w)`` float32 in [0, 1]: weights of the correspondences.
    typical_distance : float
        See `matching.neighbours.Matcher.typical_distance`.

    Returns
    -------
    ndarray
        ``(h, w)`` float32, 0 or more, in units of a* and b*.
    """
    shape = (merged.shape[0], merged.shape[1])
    chroma = rgb2lab(merged)[..., 1:].astype(np.float32)
    contradiction = np.linalg.norm(chroma - resized(neighbours.chroma, shape), axis=-1)
    far = np.minimum(neighbours.distance / (FAMILIAR * typical_distance), _MOST)
    doubtful = (contradiction + resized(neighbours.spread, shape)) * resized(far, shape)
    doubtful = gaussian_filter(doubtful, _SIGMA)
    estimate: Image = doubtful if trust is None else doubtful * (1 - _TRUSTED * trust)
    return estimate.astype(np.float32, copy=False)


def doubt(
    uncertainty: Image | None, novelty: float | None, match: float | None = None
) -> str | None:
    """Return a warning if a result is doubtful as a whole, or None.

    Parameters
    ----------
    uncertainty : ndarray or None
        ``(h, w)`` float32 in units of a* and b*, if it was estimated.
    novelty : float or None
        The novelty of the target, if known; see `matching.neighbours.Matcher.novelty`.
    match : float or None
        The match of the target, with a descriptor; see `matching.neighbours.Matcher.match`.
    """
    if match is not None and match < _UNLIKE:
        return (
            "Do not trust these colours as they are: the source has little in common with the "
            f"target, {match:.2f}, where another view of the same thing has 0.5 to 0.9. Choose a "
            "source that shows what the target does; 'Suggest' under More sources compares many."
        )
    if novelty is not None and novelty > (_NOVEL if match is None else _NOVEL_BUT_ALIKE):
        return (
            f"Do not trust these colours as they are: the target differs from the source "
            f"{novelty:.0f} times as much as parts of the source differ from each other. Choose a "
            "source that looks more like the target, at the same scale and in the same light."
        )
    if uncertainty is None or np.median(uncertainty) < _DOUBTFUL:
        return None
    return (
        "Do not trust these colours as they are: for more than half of the target, the ways of "
        f"finding a colour disagree by {np.median(uncertainty):.0f} or more in a*, b*. 'Trust', "
        "in the viewer, shows where. A source that looks more like the target would help."
    )
