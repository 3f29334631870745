"""Takes noise and flickering light out of slices where the slices beside them show the same.

The colours of a thing depend on its grey values, so noise makes them flicker from slice to slice.
Averaged over time, it does not. Only the colours are computed from the steadied slices: the
lightness of the result is always that of the slice itself.

A difference between two slices is noise if it is no stronger than in their calmest parts, and if
neighbouring pixels differ independently: where something moves, they differ alike. Differences of
brightness and contrast count as light.
"""

from __future__ import annotations

from collections.abc import Sequence

import dask
import dask.array as da
import numpy as np
import torch
from dask.highlevelgraph import HighLevelGraph
from torch import Tensor

from napari_oneshot_color.colorizer.device import on_threads
from napari_oneshot_color.pixels.filters import uniform
from napari_oneshot_color.types import Image

__all__ = ["steadied", "steadied_slices"]

_WINDOW = 13  # px; side of the square in which two slices are compared
_NEAR = 3  # px; side of the square in which pixels differ alike if something moved
_CALM = 0.3  # quantile of the differences that is taken for noise
_LEAST_NOISE = 2 * (1 / 255) ** 2 / 12  # variance of a difference of two roundings to 8 bits
_MOST_NOISE = 2 * 0.03**2  # variance; anything stronger is not taken for noise
_MOST_CONTRAST = 0.2  # share by which brighter light may raise the contrast
_STRONG = (1.5, 3.0)  # variance, relative to the noise, from which on and up to which trust falls
_ALIKE = (1.25, 2.5)  # the same for the variance of means of near pixels


def steadied(grey: Image, others: Sequence[Image], device: torch.device | None = None) -> Image:
    """Average a slice with others, at every place where they show the same.

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float32 in [0, 1].
    others : sequence of ndarray
        The slices beside it, of that shape.
    device : torch.device, optional
        Where to compute; the CPU by default.

    Returns
    -------
    ndarray
        ``(h, w)`` float32 in [0, 1]; a constant slice stays as it is.
    """
    if not others or np.ptp(grey) == 0:
        return grey
    own = torch.from_numpy(grey).to(device or torch.device("cpu"))
    detail = _detail(own)
    change, whole = torch.zeros_like(own), torch.ones_like(own)
    for other in others:
        difference = torch.from_numpy(other).to(own.device) - own
        share = _sameness(_detail(difference), detail)
        change += share * difference
        whole += share
    return (own + change / whole).cpu().numpy()


def _detail(image: Tensor) -> Tensor:
    """Take out what changes slowly from place to place, as light does."""
    return image - uniform(image, _WINDOW)


def _sameness(difference: Tensor, detail: Tensor) -> Tensor:
    """Estimate where two slices differ by noise and light alone: ``(h, w)`` in [0, 1].

    Parameters
    ----------
    difference, detail : Tensor
        ``(h, w)`` float32: the details of the difference, and of the slice that it is added to.
    """
    both = detail + difference / 2  # noise and motion do not correlate with the mean of both
    contrast = (difference * both).sum() / both.square().sum().clamp(min=_LEAST_NOISE)
    rest = difference - contrast.clamp(-_MOST_CONTRAST, _MOST_CONTRAST) * both
    strength = uniform(rest.square(), _WINDOW)
    calm = strength.flatten().kthvalue(1 + int(_CALM * (strength.numel() - 1))).values
    noise = calm.clamp(_LEAST_NOISE, _MOST_NOISE)
    independent = uniform(uniform(rest, _NEAR).square(), _WINDOW) * _NEAR**2
    alike = independent / strength.clamp(min=_LEAST_NOISE)
    return _falling(strength / noise, _STRONG) * _falling(alike, _ALIKE)


def _falling(values: Tensor, limits: tuple[float, float]) -> Tensor:
    """Fall evenly from 1 to 0 between two limits."""
    low, high = limits
    return ((high - values) / (high - low)).clamp(0, 1)


def steadied_slices(working: da.Array, reach: int, device: torch.device) -> da.Array:
    """Steady every slice with those on both sides of it, lazily.

    Parameters
    ----------
    working : dask.array.Array
        ``(…, h, w)`` float32 in [0, 1], in chunks of one slice.
    reach : int
        Number of slices on each side, along the axis before height and width.
    device : torch.device
        Where to compute.

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
        tasks[(name, *before, number, 0, 0)] = (_steadied_chunk, own, others, device)
    graph = HighLevelGraph.from_collections(name, tasks, dependencies=[working])
    return da.Array(graph, name, working.chunks, dtype=working.dtype)


def _steadied_chunk(own: Image, others: Sequence[Image], device: torch.device) -> Image:
    planes = [one.reshape(one.shape[-2:]) for one in (own, *others)]
    with on_threads(1):  # dask has a thread for every core
        return steadied(planes[0], planes[1:], device).reshape(own.shape)
