"""Labels put into a layer that the user paints on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["put_labels"]


def put_labels(layer: Labels, labels: NDArray[np.integer]) -> None:
    """Put labels into a layer as if they were painted: napari can undo that.

    Parameters
    ----------
    layer : napari.layers.Labels
        Gets them, in its own dtype.
    labels : ndarray
        Whole numbers; those of a layer of another shape are replaced as a whole.
    """
    now = np.asarray(layer.data)
    if now.shape != labels.shape:
        layer.data = labels.copy()
        return
    places = np.nonzero(now != labels)
    if places[0].size:
        layer.data_setitem(places, labels[places])
