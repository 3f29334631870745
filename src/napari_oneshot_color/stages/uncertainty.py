"""Where not to believe the colour: how far those who tell it contradict each other."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import Image

__all__ = ["FAMILIAR", "doubt", "estimate_uncertainty"]

FAMILIAR = 1.5
"""Times the typical distance at which neighbours lie in another part of the same picture."""

_DOUBTFUL = 12.0  # a median from which the user is warned
_NOVEL = 3.0  # a novelty above which there is a warning, too,
_NOVEL_BUT_ALIKE = 6.0  # also where a descriptor sees the same things: in a very different light
_UNLIKE = 0.42  # a match below which there is one: of the same thing it was never below 0.46
_SIGMA = 2.0  # px over which what is said of single pixels is averaged
_MOST = 4.0  # times as uncertain is what is far away: beyond that the unit means nothing
_TRUSTED = 0.7  # of the uncertainty is gone where the same place was found in the source


def estimate_uncertainty(
    merged: Image, neighbours: Neighbours, trust: Image | None, typical_distance: float
) -> Image:
    """Estimate how far the colour may be wrong, from what contradicts it.

    The nearest neighbours contradict each other (their spread), and the network contradicts them
    (the distance between the two). Both count the more, the farther away the neighbours are: a
    source may be of one mind about what it has never seen the like of. Where the same place was
    found in the source, all of it counts less. Chosen by the rank correlation with the true error
    on pairs of photographs of the same things, among these, the strength of the colours, edges, and
    what caution takes away.

    Parameters
    ----------
    merged : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB: what the network says.
    neighbours : Neighbours
        The target's own.
    trust : ndarray or None
        ``(h, w)`` float32 in [0, 1]: where correspondences tell the colour.
    typical_distance : float
        As `matching.neighbours.Matcher.typical_distance` has it.

    Returns
    -------
    ndarray
        ``(h, w)`` float32, 0 and up, in units of a* and b*.
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
    """Say in a sentence that a result is doubtful as a whole, or None.

    Parameters
    ----------
    uncertainty : ndarray or None
        ``(h, w)`` float32 in units of a* and b*, if it was estimated.
    novelty : float or None
        The target's, as `matching.neighbours.Matcher.novelty` has it, if it is known.
    match : float or None
        The target's, as `matching.neighbours.Matcher.match` has it, if there is a descriptor.
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
