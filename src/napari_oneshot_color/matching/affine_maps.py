"""Finds parts of two images that show the same thing, by affine maps between matching cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import normalize

__all__ = ["AffineMap", "affine_maps", "mutual_neighbours"]

_TRIALS = 1_500  # random maps tried for each one that is found
_REACH = 14.0  # cells: how far two of a map's three matches may lie from the first
_LEAST_AREA = 8.0  # squared cells: twice the smallest area of their triangle
_TOLERANCE = 2.0  # cells: a match this close to a map agrees with it
_SCALES = 0.35, 2.8  # smallest and largest scale of a plausible map
_SKEW = 3.0  # largest ratio of its scales in two directions
_FIRST = 48  # matches that must agree on the first map; by chance up to 43 did
_LEAST = 30  # matches that must agree on each further map
_MOST = 6  # largest number of maps
_REFITS = 3  # least-squares fits of the best map
_SCORED = 800  # largest number of matches that score the tried maps
_CHUNK = 128  # cells compared at once, so that their cosines stay in a core's cache


@dataclass(frozen=True)
class AffineMap:
    """An affine map from a part of the target to the source.

    Attributes
    ----------
    matrix : ndarray
        ``(3, 2)`` float64: ``(x, y, 1) @ matrix`` is the place in the source, in cells.
    places : ndarray
        ``(n, 2)`` int64: x and y of the target's cells that agree with it.
    """

    matrix: NDArray[np.float64]
    places: NDArray[np.int64]

    def of(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Map places of the target, in cells, to x and y in the source."""
        right, down = (x * column[0] + y * column[1] + column[2] for column in self.matrix.T)
        return right, down


@torch.inference_mode()
def mutual_neighbours(
    described: Tensor, wanted: Tensor
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the pairs of cells that are each other's most similar one, by cosine similarity.

    Parameters
    ----------
    described, wanted : Tensor
        ``(h, w, c)`` float32: the descriptor of each cell of source and target.

    Returns
    -------
    found, places : ndarray
        ``(n, 2)`` int64 each: x and y in the source and in the target.
    """
    source, target = (normalize(cells.flatten(0, 1), dim=1) for cells in (described, wanted))
    closest = torch.full((len(source),), -torch.inf, device=source.device)
    parts = []
    for start in range(0, len(target), _CHUNK):
        cosines = target[start : start + _CHUNK] @ source.T
        parts.append(cosines.max(1))
        closest = torch.maximum(closest, cosines.amax(0))
    there = torch.cat([part.indices for part in parts])
    mutual = torch.cat([part.values for part in parts]) == closest[there]
    own = torch.arange(len(target), device=target.device)
    return (
        _places(there[mutual].cpu().numpy(), described.shape[1]),
        _places(own[mutual].cpu().numpy(), wanted.shape[1]),
    )


def _places(index: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    return np.stack([index % width, index // width], axis=1)


def affine_maps(found: NDArray[np.int64], places: NDArray[np.int64]) -> list[AffineMap]:
    """Find affine maps on which many matches agree, one after another.

    This is RANSAC (Fischler and Bolles, 1981) with maps through three neighbouring matches,
    because a surface that is locally flat need not be flat as a whole. Matches that agree with
    one map are left out of the search for the next.

    Parameters
    ----------
    found, places : ndarray
        ``(n, 2)`` each: x and y of matches in the source and in the target, in cells.

    Returns
    -------
    list of AffineMap
        The one with the most matches first; empty if the matches seem to agree by chance.
    """
    rng = np.random.default_rng(0)  # the same matches give the same maps
    maps: list[AffineMap] = []
    to, own = found.astype(np.float64), np.column_stack([places, np.ones(len(places))])
    left = np.arange(len(places))
    while len(maps) < _MOST and len(left) >= (_LEAST if maps else _FIRST):
        matrix = _agreed(own[left], to[left], rng)
        if matrix is None:
            break
        agree = _misses(own[left], to[left], matrix) < _TOLERANCE**2
        if np.count_nonzero(agree) < (_LEAST if maps else _FIRST):
            break
        maps.append(AffineMap(matrix, places[left[agree]]))
        left = left[~agree]
    return maps


def _agreed(
    own: NDArray[np.float64], to: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the map with the smallest error, ``(3, 2)``, or None if none is plausible."""
    triples = _near_triples(own[:, :2], rng)
    corners = own[triples]
    corners, triples = (
        part[np.abs(np.linalg.det(corners)) > _LEAST_AREA] for part in (corners, triples)
    )
    tried = np.linalg.solve(corners, to[triples])
    largest, smallest = np.linalg.svd(tried[:, :2], compute_uv=False).T
    plausible = (smallest > _SCALES[0]) & (largest < _SCALES[1]) & (largest < _SKEW * smallest)
    tried = tried[plausible]
    if not len(tried):
        return None
    some = rng.permutation(len(own))[:_SCORED]
    misses = np.zeros((len(some), len(tried)))
    for axis in range(2):
        misses += np.square(own[some] @ tried[..., axis].T - to[some, axis, None])
    best = tried[np.minimum(misses, _TOLERANCE**2).sum(axis=0).argmin()]
    for _ in range(_REFITS):
        agree = _misses(own, to, best) < _TOLERANCE**2
        if np.count_nonzero(agree) < len(best):
            break
        best = np.linalg.lstsq(own[agree], to[agree], rcond=None)[0]
    matrix: NDArray[np.float64] = best.astype(np.float64, copy=False)
    return matrix


def _near_triples(places: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw random matches, each with two others within reach: indices, ``(n, 3)``."""
    first = rng.integers(0, len(places), _TRIALS)
    asked, which = np.unique(first, return_inverse=True)  # many are drawn again and again
    near = cKDTree(places).query_ball_point(places[asked], _REACH, return_sorted=True)
    counts = np.array([len(some) for some in near])
    starts, counts = (np.cumsum(counts) - counts)[which], counts[which]
    drawn = starts[:, None] + (rng.random((_TRIALS, 2)) * counts[:, None]).astype(np.int64)
    return np.column_stack([first, np.concatenate(near).astype(np.int64)[drawn]])


def _misses(
    own: NDArray[np.float64], to: NDArray[np.float64], matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the squared distance of each match from its mapped place, ``(n,)``."""
    misses: NDArray[np.float64] = np.square(own @ matrix - to).sum(axis=-1)
    return misses
