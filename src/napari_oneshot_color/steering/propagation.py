"""Spreads colour from given pixels over smooth grey, but not across edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import splu

from napari_oneshot_color.types import Image

__all__ = ["Propagation", "tie_weights"]

_HOLD = 1e3  # weight of given colours, relative to that between neighbours
_PULL = 1e-4  # weight of the original colour where it was certain
_LEAST = 1e-9  # the same without an original colour; keeps the system solvable
_CERTAIN = (8.0, 2.0)  # a pixel's uncertainty u counts as (8 / (u + 2)) squared
_SHARE = 0.6  # share of the local variance that is the width of the weights
_LEAST_VARIANCE = 2e-6


class Propagation:
    """Spreads colour over a grey image: nearby pixels of similar grey get similar colours.

    The idea and the weights are those of Levin, Lischinski and Weiss (2004), but here the weights
    between pairs of pixels form a graph Laplacian: the system has 9 entries per row instead of 25,
    and is solved exactly in a fraction of the time.

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float32 in [0, 1].
    """

    def __init__(self, grey: Image) -> None:
        self._shape = (grey.shape[0], grey.shape[1])
        weights = tie_weights(grey.astype(np.float64))
        ties = csc_array((weights + weights.T) / 2)
        self._laplacian = diags_array(np.asarray(ties.sum(axis=1)).ravel()) - ties

    def spread(
        self, values: Image, given: NDArray[np.bool_], uncertainty: Image | None = None
    ) -> Image:
        """Spread given values over the image.

        Parameters
        ----------
        values : ndarray
            ``(h, w, c)`` float32; used only where `given` is True.
        given : ndarray
            ``(h, w)`` bool.
        uncertainty : ndarray, optional
            ``(h, w)`` float32, 0 or more: elsewhere, values are pulled to 0, more strongly where
            this is small. By default, nothing pulls, and the values fill the image.

        Returns
        -------
        ndarray
            ``(h, w, c)`` float32; all 0 if nothing is given.
        """
        if not given.any():
            return np.zeros(values.shape, np.float32)
        held = _HOLD * given.ravel().astype(np.float64)
        pull = np.full(held.shape, _LEAST)
        if uncertainty is not None:
            pull = _PULL * (_CERTAIN[0] / (uncertainty.ravel() + _CERTAIN[1])) ** 2
        system = csc_array(self._laplacian + diags_array(held + pull))
        factors = splu(
            system,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        known = np.where(given.reshape(-1, 1), values.reshape(held.size, -1), 0.0)
        solved = factors.solve(held[:, None] * known)
        spread: Image = solved.reshape(values.shape).astype(np.float32)
        return spread


def tie_weights(grey: NDArray[np.float64]) -> csc_array:
    """Compute the affinity of each pixel and its eight neighbours (Levin et al., 2004, eq. 2).

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float64 in [0, 1].

    Returns
    -------
    scipy.sparse.csc_array
        ``(n, n)`` for n pixels, row by row; each row adds up to 1.
    """
    height, width = grey.shape
    places = np.arange(grey.size).reshape(height, width)
    steps = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    beyond = np.pad(grey, 1, constant_values=np.nan)
    around = np.stack([beyond[1 + y :, 1 + x :][:height, :width] for y, x in steps])
    there = ~np.isnan(around)
    squares = np.where(there, (around - grey) ** 2, 0)
    count = there.sum(axis=0) + 1
    differences = np.where(there, around - grey, 0)
    variance = squares.sum(axis=0) / count - (differences.sum(axis=0) / count) ** 2
    nearest = np.where(there, squares, np.inf).min(axis=0)
    width_of_ties = np.maximum(
        _SHARE * variance, np.maximum(nearest / np.log(100), _LEAST_VARIANCE)
    )
    weights = np.where(there, np.exp(-squares / width_of_ties), 0)
    weights /= weights.sum(axis=0)
    to = np.pad(places, 1)
    columns = np.stack([to[1 + y :, 1 + x :][:height, :width] for y, x in steps])
    rows = np.broadcast_to(places, columns.shape)
    return csc_array((weights[there], (rows[there], columns[there])), shape=(grey.size, grey.size))
