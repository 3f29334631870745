"""Finds where two images show the same thing: dense matches whose neighbours moved alike."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label, median_filter, uniform_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching.agreement import coherence, ramp, smoothstep
from napari_oneshot_color.matching.copying import Match, alikeness, bounded, moved
from napari_oneshot_color.matching.patches import described_patches, nearest_patches
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import AnyArray, Image

__all__ = ["corresponding"]

_COARSE = 2  # steps between the places that are matched with the whole source
_LEAST = 12, 0.006  # smallest group that agrees, in places and as a share; by chance 0.002 do
_GROUP = 4  # smallest group of agreeing places that is trusted
_ROUNDS = 3  # in which places take over the shift of a coherent neighbour
_WORSE = 1.4  # largest squared distance of that shift, relative to the best match's
_AROUND = 2  # steps around it within which each finer place searches for its own
_FARTHER = 0.02  # share of the distance that is added for each squared step away
_COHERENT = (0.45, 0.75)  # share of agreeing neighbours: not trusted below, trusted above
_CPU = torch.device("cpu")
_UNLIKE = (5.0, 15.0)  # difference in L*: ignored below, not trusted above


def corresponding(source: Image, grey: Image, device: torch.device = _CPU) -> Match:
    """Find the places in a source that a grey image shows.

    Every fourth pixel is matched with the source's most similar patch, in principal components. A
    match counts if most of its neighbours moved by the same shift. By chance few do, and never
    many next to each other, so unrelated images get no weight. Ashikhmin (2001) and PatchMatch
    (Barnes et al., 2009) build on the same coherence. As in PatchMatch, places then take over the
    shifts of coherent neighbours that fit nearly as well, and every second pixel searches around
    there for its own place. If L* finds nothing in common, its rank is tried, which finds the
    same thing in another light.

    Parameters
    ----------
    source : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    device : torch.device
        Where patches are compared.

    Returns
    -------
    Match
        With shifts by an even number of whole pixels.
    """
    source, grey = bounded(source, grey)
    lab = rgb2lab(source).astype(np.float32)
    own = lightness(grey)
    seen = lab[..., 0]
    shifts = _Shifts.between(seen, own, device)
    if not shifts.seem_shared():  # in another light, the order of the greys is still the same
        seen, own = _equalized(seen), _equalized(own)
        shifts = _Shifts.between(seen, own, device)
        if not shifts.seem_shared():
            return Match.none(lab, (grey.shape[0], grey.shape[1]))
    shifts.spread()
    rows, columns, share = shifts.refined()
    height, width = grey.shape
    places = moved(rows, columns, (height, width), (lab.shape[0], lab.shape[1]))
    alike = alikeness(seen, own, places, _UNLIKE)
    smooth_share = resized(share, (height, width))
    weight = uniform_filter(smoothstep(ramp(smooth_share, *_COHERENT)) * alike, 5)
    return Match(lab, np.stack(places).astype(np.float32), weight.astype(np.float32))


def _equalized(lightness: Image) -> Image:
    """Equalize the histogram of L*, which undoes changes of gamma, contrast and brightness."""
    counts, edges = np.histogram(lightness, bins=1024, range=(0, 100))
    below = np.cumsum(counts) - counts / 2
    middles = (edges[:-1] + edges[1:]) / 2
    return np.interp(lightness, middles, below * (100 / lightness.size)).astype(np.float32)


class _Shifts:
    """The shifts of a coarse grid of the target's places, in steps down and to the right.

    Parameters
    ----------
    described, wanted : ndarray
        ``(h, w, components)`` float32: the patches of source and target, at every step.
    rows, columns : ndarray
        ``(n, m)`` int64: the shifts of every `_COARSE`th place of the target.
    """

    def __init__(
        self,
        described: AnyArray,
        wanted: AnyArray,
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
    ) -> None:
        self._described, self._wanted = described, wanted
        self._rows, self._columns = rows, columns
        y, x = np.mgrid[: rows.shape[0], : rows.shape[1]]
        self._y, self._x = y * _COARSE, x * _COARSE
        self._least = self._distance(self._y, self._x, self._y + rows, self._x + columns)

    @classmethod
    def between(cls, source: Image, target: Image, device: torch.device) -> _Shifts:
        """Match a coarse grid of the target with every place of the source."""
        described, wanted = described_patches(source, target, device)
        coarse = wanted[::_COARSE, ::_COARSE]
        height, width = coarse.shape[:2]
        at = nearest_patches(described.flatten(0, 1), coarse.flatten(0, 1))
        found = at.cpu().numpy().reshape(height, width)
        y, x = np.mgrid[:height, :width] * _COARSE
        rows, columns = found // described.shape[1] - y, found % described.shape[1] - x
        return cls(described.cpu().numpy(), wanted.cpu().numpy(), rows, columns)

    def seem_shared(self) -> bool:
        """Return whether a large enough group of places moved by the same shift."""
        groups, count = label(self._coherence(2) >= _COHERENT[1])
        largest = np.bincount(groups.ravel())[1:].max() if count else 0
        return bool(largest >= max(_LEAST[0], _LEAST[1] * groups.size))

    def spread(self) -> None:
        """Let places take over the shift of a coherent neighbour, where it fits nearly as well."""
        height, width = self._rows.shape
        for _ in range(_ROUNDS):
            coherent = _together(self._coherence(1) >= _COHERENT[1])
            lowest = np.full((height, width), np.inf, np.float32)
            best = self._rows.copy(), self._columns.copy()
            for down, right in np.ndindex(3, 3):
                around = np.s_[down : down + height, right : right + width]
                told = np.pad(coherent, 1)[around] & ~coherent
                if (down, right) == (1, 1) or not told.any():
                    continue
                y, x = self._y[told], self._x[told]
                rows, columns = (
                    np.pad(shift, 1)[around][told] for shift in (self._rows, self._columns)
                )
                for more_down, more_right in np.ndindex(3, 3):
                    to_y, to_x = y + rows + more_down - 1, x + columns + more_right - 1
                    distance = self._distance(y, x, to_y, to_x)
                    better = distance < lowest[told]
                    places = tuple(index[better] for index in np.nonzero(told))
                    lowest[places] = distance[better]
                    best[0][places] = (to_y - y)[better]
                    best[1][places] = (to_x - x)[better]
            taken = lowest <= _WORSE * self._least
            self._rows = np.where(taken, best[0], self._rows)
            self._columns = np.where(taken, best[1], self._columns)

    def refined(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Image]:
        """Let every place of the target search for its own shift around the coarse one.

        Returns
        -------
        rows, columns : ndarray
            ``(h, w)`` int64, in steps.
        coherence : ndarray
            ``(h, w)`` float32 in [0, 1].
        """
        height, width = self._wanted.shape[:2]
        nearest = [
            np.minimum((np.arange(length) + _COARSE // 2) // _COARSE, count - 1)
            for length, count in zip((height, width), self._rows.shape, strict=True)
        ]
        coarse = np.ix_(*nearest)
        rows, columns = self._rows[coarse], self._columns[coarse]
        share = self._coherence(1)
        near = binary_dilation(_together(share >= _COHERENT[1]), np.ones((3, 3)))
        shared = (share * near)[coarse]
        y, x = np.nonzero(shared >= _COHERENT[0])
        first = y + rows[y, x], x + columns[y, x]
        lowest = np.full(len(y), np.inf, np.float32)
        for down, right in np.ndindex(2 * _AROUND + 1, 2 * _AROUND + 1):
            down, right = down - _AROUND, right - _AROUND
            to_y, to_x = first[0] + down, first[1] + right
            farther = 1 + _FARTHER * (down * down + right * right)
            distance = self._distance(y, x, to_y, to_x) * np.float32(farther)
            better = distance < lowest
            lowest[better] = distance[better]
            rows[y[better], x[better]] = (to_y - y)[better]
            columns[y[better], x[better]] = (to_x - x)[better]
        rows, columns = (median_filter(shift, 5) for shift in (rows, columns))
        return rows, columns, uniform_filter(shared, 3)

    def _distance(self, y: AnyArray, x: AnyArray, to_y: AnyArray, to_x: AnyArray) -> AnyArray:
        """Return squared distances between places of target and source; infinite outside it."""
        height, width = self._described.shape[:2]
        inside = (to_y >= 0) & (to_y < height) & (to_x >= 0) & (to_x < width)
        found = self._described[np.clip(to_y, 0, height - 1), np.clip(to_x, 0, width - 1)]
        difference = found - self._wanted[y, x]
        distance = np.einsum("...c,...c->...", difference, difference)
        return np.where(inside, distance, np.float32(np.inf))

    def _coherence(self, reach: int) -> Image:
        return coherence(self._rows, self._columns, reach)


def _together(coherent: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out groups so small that they occur by chance."""
    groups, _ = label(coherent, np.ones((3, 3)))
    large = np.bincount(groups.ravel()) >= _GROUP
    large[0] = False  # the incoherent rest
    together: NDArray[np.bool_] = large[groups]
    return together
