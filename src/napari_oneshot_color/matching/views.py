"""Finds where two images show the same thing from different viewpoints, by affine maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, median_filter, uniform_filter
from skimage.color import rgb2lab
from torch import Tensor

from napari_oneshot_color.matching.affine_maps import AffineMap, affine_maps, mutual_neighbours
from napari_oneshot_color.matching.agreement import coherence, ramp, smoothstep
from napari_oneshot_color.matching.copying import (
    Match,
    alikeness,
    at_pixels,
    bounded,
    laid_over,
    moved,
)
from napari_oneshot_color.matching.patches import described_patches
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import Image

__all__ = ["seen_from_elsewhere"]

_MOST_CELLS = 2**13  # of either image that are matched; more are thinned out evenly
_AROUND = 3  # steps around its mapped place within which each place searches
_FARTHER = 0.02  # share of the distance that is added for each squared step away
_NEAR = 3.0  # cells: width of the Gaussian window in which agreeing matches are counted
_BACKED = (0.03, 0.12)  # agreeing matches per cell: not trusted below, trusted above
_COHERENT = (0.45, 0.75)  # share of neighbours that moved alike: likewise
_UNLIKE = (4.0, 10.0)  # difference in L*: ignored below, not trusted above
_CPU = torch.device("cpu")


def seen_from_elsewhere(
    source: Image, grey: Image, described: Tensor, wanted: Tensor, device: torch.device = _CPU
) -> Match:
    """Find the places in a source that a grey image shows from another viewpoint.

    Cells that are each other's most similar one, by a descriptor, are matched. Another viewpoint
    moves each flat part of a thing by nearly an affine map, so maps are sought on which many
    matches agree. By chance few do, so unrelated images get no weight. The source is laid over the
    target part by part, and every second pixel searches around its place for a more similar patch.

    Parameters
    ----------
    source : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1]; its size may differ.
    described, wanted : Tensor
        ``(h, w, c)`` float32: the descriptor of each cell of source and target.
    device : torch.device
        Where patches are compared.

    Returns
    -------
    Match
        With places at fractions of a pixel: those of the maps, plus whole steps.
    """
    cells = _size(described), _size(wanted)
    step = math.ceil(math.sqrt(max(map(math.prod, cells)) / _MOST_CELLS))
    maps = affine_maps(*mutual_neighbours(described[::step, ::step], wanted[::step, ::step]))
    source, grey = bounded(source, grey)
    lab = rgb2lab(source).astype(np.float32)
    side = grey.shape[0], grey.shape[1]
    if not maps:
        return Match.none(lab, side)
    own = lightness(grey)
    laid = _Laid.over(maps, lab[..., 0], side, cells, step)
    rows, columns, share = _refined(laid.seen, own, device)
    places = moved(rows, columns, side, side)
    alike = alikeness(laid.seen, own, places, _UNLIKE)
    agreed = smoothstep(ramp(at_pixels(share, side), *_COHERENT))
    trust = agreed * alike * ramp(laid.backing, *_BACKED)
    weight = uniform_filter(trust * (laid.inside & laid.inside[places]), 5).astype(np.float32)
    return Match(lab, laid.to[:, *places], weight)


def _size(cells: Tensor) -> tuple[int, int]:
    return cells.shape[0], cells.shape[1]


@dataclass(frozen=True)
class _Laid:
    """A source laid over a target, each part by its own map.

    Attributes
    ----------
    seen : ndarray
        ``(H, W)`` float32: its L*.
    to : ndarray
        ``(2, H, W)`` float32: row and column of each pixel in the source.
    inside : ndarray
        ``(H, W)`` bool: whether that place lies within the source.
    backing : ndarray
        ``(H, W)`` float32: agreeing matches per cell around each pixel.
    """

    seen: Image
    to: Image
    inside: NDArray[np.bool_]
    backing: Image

    @classmethod
    def over(
        cls,
        maps: Sequence[AffineMap],
        source: Image,
        shape: tuple[int, int],
        cells: tuple[tuple[int, int], tuple[int, int]],
        step: int,
    ) -> _Laid:
        """Lay a source over a target.

        Parameters
        ----------
        maps : sequence of AffineMap
            Each pixel takes the one with which most matches around it agree.
        source : ndarray
            ``(h, w)`` float32: its L*.
        shape : tuple of int
            H and W.
        cells : tuple of tuple
            How many cells source and target have, down and across.
        step : int
            Every `step`th cell was matched.
        """
        of_source, of_target = cells
        y, x = np.meshgrid(
            *(
                ((np.arange(length) + 0.5) * (count / length) - 0.5) / step
                for length, count in zip(shape, of_target, strict=True)
            ),
            indexing="ij",
        )
        backing = np.zeros(shape, np.float32)
        to = np.zeros((2, *shape))
        for one in maps:
            counted = np.zeros([-(-count // step) for count in of_target], np.float32)
            counted[one.places[:, 1], one.places[:, 0]] = 1
            backed = resized(gaussian_filter(counted, _NEAR), shape)
            more = backed > backing
            to[:, more] = one.of(x[more], y[more])
            backing[more] = backed[more]
        for places, length, count in zip(to, source.shape[1::-1], of_source[::-1], strict=True):
            places[:] = (places * step + 0.5) * (length / count) - 0.5
        right, down = to
        inside = (right >= 0) & (right <= source.shape[1] - 1)
        inside &= (down >= 0) & (down <= source.shape[0] - 1)
        at = np.stack([down, right]).astype(np.float32)
        return cls(laid_over(source, at), at, inside, backing)


def _refined(
    laid: Image, own: Image, device: torch.device
) -> tuple[NDArray[np.int64], NDArray[np.int64], Image]:
    """Let every `STEP`th pixel of the target search around itself for a more similar patch.

    Returns
    -------
    rows, columns : ndarray
        ``(h, w)`` int64: how far away it is, in steps.
    share : ndarray
        ``(h, w)`` float32 in [0, 1]: share of the neighbours that moved alike.
    """
    described, wanted = (found.cpu().numpy() for found in described_patches(laid, own, device))
    height, width = wanted.shape[:2]
    lowest = np.full((height, width), np.inf, np.float32)
    rows, columns = np.zeros((2, height, width), np.int64)
    padded = np.pad(described, ((_AROUND, _AROUND), (_AROUND, _AROUND), (0, 0)), mode="edge")
    side = 2 * _AROUND + 1
    for y, x in np.ndindex(side, side):
        difference = padded[y : y + height, x : x + width] - wanted
        distance = np.einsum("...c,...c->...", difference, difference)
        down, right = y - _AROUND, x - _AROUND
        distance *= np.float32(1 + _FARTHER * (down * down + right * right))
        better = distance < lowest
        lowest[better] = distance[better]
        rows[better], columns[better] = down, right
    share = uniform_filter(coherence(rows, columns, 2), 3)
    rows, columns = (median_filter(shift, 5) for shift in (rows, columns))
    return rows, columns, share
