"""Cues: what a network and the blend are told about the nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from napari_oneshot_color.settings.fixed import CHROMA_SCALE
from napari_oneshot_color.types import Image

__all__ = ["CUE_PLANES", "Neighbours"]

CUE_PLANES = 4
"""Planes of the cues about the neighbours: mean a*, mean b*, distance and spread."""


@dataclass(frozen=True)
class Neighbours:
    """A summary of the nearest neighbours of each cell of an image.

    Attributes
    ----------
    chroma : ndarray
        ``(h, w, 2)`` float32: their mean a* and b*, weighted by the inverse of the distance.
    distance : ndarray
        ``(h, w)`` float32: their mean distance, in standard deviations of the features.
    spread : ndarray
        ``(h, w)`` float32: the weighted standard deviation of their a* and b*.
    planes : ndarray
        ``(n, h, w)`` float32, with unit variance in the sources: the descriptor's first components
        for the cells themselves; n is 0 without a descriptor.
    local : Tensor
        ``(h * w, 15)`` float32, on the matcher's device: the cells' own local features,
        standardized as the sources' are.
    described : Tensor
        ``(h, w, n)`` float32, on the same device: the cells' own descriptor, weighted as in the
        distances; n is 0 without a descriptor.
    """

    chroma: Image
    distance: Image
    spread: Image
    planes: Image
    local: Tensor
    described: Tensor

    def cues(self) -> Image:
        """Stack the cues for a network, ``(CUE_PLANES + n, h, w)`` float32, of order 1."""
        chroma = np.moveaxis(self.chroma, -1, 0) / CHROMA_SCALE
        return np.concatenate(
            [chroma, np.log(self.distance + 0.05)[None], self.spread[None] / 20, self.planes]
        )
