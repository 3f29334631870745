"""Finds the places in some sources that a grey image shows, by a search or from the last slice.

Slices of a film or a volume differ little from one to the next. Starting from the last slice's
places takes a quarter of the time of a search. Each slice is compared with the source itself,
never with the last slice, so errors do not add up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from napari_oneshot_color.matching.alignment import aligned, is_bent
from napari_oneshot_color.matching.copying import Match, best
from napari_oneshot_color.matching.correspondence import corresponding
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.matching.views import seen_from_elsewhere
from napari_oneshot_color.types import Image

__all__ = ["find", "follow", "mixed"]

_LOST = 0.9  # share of the last slice's trust below which a source is searched again
_UNKNOWN = 0.6  # trust below which all sources are searched again, if none has more


def find(matcher: Matcher, grey: Image, wanted: Tensor | None = None) -> list[Match]:
    """Search each source for the places that an image shows.

    Parameters
    ----------
    matcher : Matcher
        The sources' own.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    wanted : Tensor, optional
        The image's descriptor, if it is known already.

    Returns
    -------
    list of Match
        One for each source.
    """
    if wanted is None:
        wanted = matcher.describe(grey)
    return [_found(matcher, grey, number, wanted) for number in range(len(matcher.sources))]


def follow(matcher: Matcher, grey: Image, last: Sequence[Match]) -> list[Match]:
    """Find the same places from those of the last slice; search where they are lost.

    Parameters
    ----------
    matcher : Matcher
        The sources' own.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    last : sequence of Match
        The last slice's, one for each source, of the same size.

    Returns
    -------
    list of Match
        One for each source.
    """
    found = [aligned(before, grey) for before in last]
    is_unknown = max(match.trust for match in found) < _UNKNOWN
    wanted = None
    for number, before in enumerate(last):
        if is_unknown or found[number].trust < _LOST * before.trust:
            wanted = matcher.describe(grey) if wanted is None else wanted
            again = _found(matcher, grey, number, wanted)
            if again.trust > found[number].trust or is_bent(found[number]):
                found[number] = again
    return found


def mixed(
    matches: Sequence[Match], shape: tuple[int, ...], shares: Sequence[float] | None = None
) -> tuple[Image, Image]:
    """Copy each place from the source that shows it best.

    Parameters
    ----------
    matches : sequence of Match
        Matches of one image, one for each source.
    shape : tuple of int
        Its height and width.
    shares : sequence of float, optional
        For each source, 0, or its share of the colour where several sources with a share match.

    Returns
    -------
    chroma : ndarray
        ``(*shape, 2)`` float32: a* and b* of the matched places.
    weight : ndarray
        Of that shape, float32 in [0, 1]: how far they can be trusted.
    """
    shares = shares or [0] * len(matches)
    copies = [match.copied(shape) for match in matches]
    alone = [copy for copy, share in zip(copies, shares, strict=True) if not share]
    shared = [(*copy, share) for copy, share in zip(copies, shares, strict=True) if share]
    if shared:
        alone.insert(0, _shared(shared))
    (chroma, weight), *others = alone
    for other, trust in others:
        chroma = np.where((trust > weight)[..., None], other, chroma)
        weight = np.maximum(weight, trust)
    return chroma, weight


def _shared(copies: Sequence[tuple[Image, Image, float]]) -> tuple[Image, Image]:
    """Mix colours by their share and weight; the resulting weight is the largest."""
    mix, whole = np.zeros_like(copies[0][0]), np.zeros_like(copies[0][1])
    largest = whole
    for chroma, weight, share in copies:
        counted = weight * np.float32(share)
        mix, whole = mix + counted[..., None] * chroma, whole + counted
        largest = np.maximum(largest, weight)
    mix /= np.maximum(whole, np.finfo(np.float32).tiny)[..., None]
    return mix, largest


def _found(matcher: Matcher, grey: Image, number: int, wanted: Tensor | None) -> Match:
    source, device = matcher.sources[number], matcher.device
    matches = [corresponding(source, grey, device)]
    if wanted is not None:
        described = matcher.described[number]
        matches.append(seen_from_elsewhere(source, grey, described, wanted, device))
    match = best(matches)
    exact = aligned(match, grey)
    return match if is_bent(exact) else exact
