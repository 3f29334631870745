"""Writes labels into a layer that the user edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["put_labels"]


def put_labels(layer: Labels, labels: NDArray[np.integer]) -> None:
    """Write labels into a layer as if they were painted, so that napari can undo it.

    Parameters
    ----------
    layer : napari.layers.Labels
        The layer, which keeps its dtype.
    labels : ndarray
        Integers; if the layer has another shape, its data are replaced.
    """
    now = np.asarray(layer.data)
    if now.shape != labels.shape:
        layer.data = labels.copy()
        return
    places = np.nonzero(now != labels)
    if places[0].size:
        layer.data_setitem(places, labels[places])
