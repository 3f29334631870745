"""Tells how far matched places can be trusted: whether their neighbours moved alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.types import Image

__all__ = ["coherence", "ramp", "smoothstep"]

_TOLERANCE = 1  # steps by which the shifts of neighbours may differ


def coherence(rows: NDArray[np.int64], columns: NDArray[np.int64], reach: int) -> Image:
    """Return the share of the neighbours that moved by the same shift.

    Parameters
    ----------
    rows, columns : ndarray
        ``(n, m)`` int64: how far each place moved down and to the right.
    reach : int
        Largest distance of a neighbour, in places.

    Returns
    -------
    ndarray
        ``(n, m)`` float32 in [0, 1].
    """
    side = 2 * reach + 1
    agreeing = -np.ones(rows.shape, np.float32)  # each agrees with itself, which does not count
    far = np.iinfo(np.int32).max
    padded = [np.pad(shift, reach, constant_values=far) for shift in (rows, columns)]
    for y, x in np.ndindex(side, side):
        window = np.s_[y : y + rows.shape[0], x : x + rows.shape[1]]
        agreeing += (np.abs(padded[0][window] - rows) <= _TOLERANCE) & (
            np.abs(padded[1][window] - columns) <= _TOLERANCE
        )
    share: Image = (agreeing / (side * side - 1)).astype(np.float32)
    return share


def ramp(values: Image, low: float, high: float) -> Image:
    """Rise linearly from 0 at `low` to 1 at `high`; constant beyond."""
    found: Image = np.clip((values - low) / (high - low), 0, 1)
    return found


def smoothstep(values: Image) -> Image:
    """Ease a ramp in and out: 0 and 1 stay, and the slope becomes 0 there."""
    return values * values * (3 - 2 * values)
