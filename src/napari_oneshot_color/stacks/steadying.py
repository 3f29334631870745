"""Takes noise and flickering light out of slices where the slices beside them show the same.

The colours of a thing depend on its grey values, so noise makes them flicker from slice to slice;
those of an average over some slices do not. Only the colours are computed from the steadied slices:
the lightness of the result is always that of the slice itself.

Two slices show the same at a place if three things hold, once a common change of brightness and
contrast is taken out: their difference is no stronger than in the calmest places; neighbouring
pixels differ independently, as noise does, and not alike, as where something moves; and on average
they do not differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import dask
import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph
from scipy.ndimage import uniform_filter

from napari_oneshot_color.stacks.recent import Recent, bytes_of
from napari_oneshot_color.types import Image

__all__ = ["steadied", "steadied_slices"]

_WINDOW = 13  # px; side of the square in which two slices are compared
_NEAR = 3  # px; side of the square in which pixels differ alike if something moved
_CALM = 0.3  # quantile of the differences that is taken for noise
_LEAST_NOISE = 2 * (1 / 255) ** 2 / 12  # variance of a difference of two roundings to 8 bits
_MOST_NOISE = 2 * 0.03**2  # variance; anything stronger is not taken for noise
_MOST_CONTRAST = 0.2  # share by which brighter light may raise the contrast
# from which value on, and up to which, two slices are less and less taken for the same
_STRONG = (1.5, 3.0)  # variance of the difference, relative to the noise
_ALIKE = (1.25, 2.5)  # variance of means of near pixels, relative to independent ones
_UNEVEN = (0.02, 0.04)  # mean difference of a place, of the full range
_BRIGHTER = (0.05, 0.1)  # difference of the whole slice

# the next slice of a chain needs those before it, too
_RECENT: Recent[Image] = Recent(128 * 2**20, bytes_of)


def steadied(grey: Image, others: Sequence[Image]) -> Image:
    """Average a slice with others, at every place where they show the same.

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float32 in [0, 1].
    others : sequence of ndarray
        The slices beside it, of that shape. One with NaN is left out.

    Returns
    -------
    ndarray
        ``(h, w)`` float32 in [0, 1]; a slice that is constant or has NaN stays as it is.
    """
    if not others or not np.ptp(grey) > 0:
        return grey
    blurred = uniform_filter(grey, _WINDOW)
    change, whole = np.zeros_like(grey), np.ones_like(grey)
    for other in others:
        share = _sameness(grey, blurred, other)
        if share is not None:
            change += share * (other - grey)
            whole += share
    return grey + change / whole


def _sameness(grey: Image, blurred: Image, other: Image) -> Image | None:
    """Estimate where two slices differ by noise and light alone: ``(h, w)`` in [0, 1].

    None if that is nowhere.
    """
    level = uniform_filter(other, _WINDOW)
    detail, brighter = grey - blurred, level - blurred
    difference = other - level - detail
    both = detail + difference / 2  # noise and motion do not correlate with the mean of both
    contrast = (difference * both).sum() / max((both * both).sum(), _LEAST_NOISE)
    if not np.isfinite(contrast):
        return None
    contrast = np.clip(contrast, -_MOST_CONTRAST, _MOST_CONTRAST)
    uneven = brighter - contrast * (level + blurred) / 2
    share: Image = _falling(np.abs(uneven - np.median(uneven)), _UNEVEN)
    share *= _falling(np.abs(np.median(brighter)), _BRIGHTER)
    if not share.any():
        return None
    rest = difference - contrast * both
    strength = uniform_filter(rest * rest, _WINDOW)
    share *= _falling(strength / _noise(strength), _STRONG)
    if not share.any():
        return None
    near = uniform_filter(rest, _NEAR)
    independent = uniform_filter(near * near, _WINDOW) * _NEAR**2
    share *= _falling(independent / np.maximum(strength, _LEAST_NOISE), _ALIKE)
    return share


def _noise(strength: Image) -> float:
    """Estimate the variance of a difference by noise alone, from the calmest places.

    Where nothing differs at all, as in a clipped background, there is no noise to be seen.
    """
    differing = strength[strength > _LEAST_NOISE]
    if not differing.size:
        return _LEAST_NOISE
    rank = int(_CALM * (differing.size - 1))
    return float(np.clip(np.partition(differing, rank)[rank], _LEAST_NOISE, _MOST_NOISE))


def _falling(values: Image, limits: tuple[float, float]) -> Image:
    """Fall evenly from 1 to 0 between two limits."""
    low, high = limits
    fallen: Image = np.clip((high - values) / (high - low), 0, 1, dtype=np.float32)
    return fallen


def steadied_slices(working: da.Array, reach: int) -> da.Array:
    """Steady every slice with those on both sides of it, lazily.

    Parameters
    ----------
    working : dask.array.Array
        ``(…, h, w)`` float32 in [0, 1], in chunks of one slice.
    reach : int
        Number of slices on each side, along the axis before height and width.

    Returns
    -------
    dask.array.Array
        Of that shape, in the same chunks.
    """
    if working.ndim < 3 or reach == 0:
        return working
    name = f"steadied-{dask.base.tokenize(working.name, reach)}"
    count = working.numblocks[-3]
    tasks = {}
    for *before, number in np.ndindex(working.numblocks[:-2]):
        beside = range(max(0, number - reach), min(count, number + reach + 1))
        others = [(working.name, *before, n, 0, 0) for n in beside if n != number]
        own = (working.name, *before, number, 0, 0)
        label = "-".join(map(str, (name, *before, number)))
        tasks[(name, *before, number, 0, 0)] = (_steadied_chunk, label, own, others)
    graph = HighLevelGraph.from_collections(name, tasks, dependencies=[working])
    return da.Array(graph, name, working.chunks, dtype=working.dtype)


def _steadied_chunk(label: str, own: Image, others: Sequence[Image]) -> Image:
    known = _RECENT.get(label)
    if known is None:
        planes = [one.reshape(one.shape[-2:]) for one in (own, *others)]
        known = steadied(planes[0], planes[1:]).reshape(own.shape)
        _RECENT.keep(label, known)
    return known
