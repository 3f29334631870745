"""Describes the cells of an image by numbers that are comparable between images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from skimage.color import rgb2lab
from torch import Tensor

from napari_oneshot_color.matching.descriptor import Descriptor, FittedDescriptor
from napari_oneshot_color.matching.features import cell_means, local_features
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.types import Image

__all__ = ["CellReader", "Cells", "SourceCells"]

_FLAT = 0.01  # standard deviation below which a feature tells nothing


@dataclass(frozen=True)
class Cells:
    """The described cells of an image, h down and w across.

    Attributes
    ----------
    shape : tuple of int
        h and w.
    numbers : Tensor
        ``(h * w, 15 + n)`` float32: standardized local features, then the weighted descriptor.
    planes : Tensor
        ``(p, h, w)`` float32: the descriptor's components that a network is given.
    described : Tensor or None
        ``(h, w, n)`` float32: the unweighted descriptor; None without one.
    """

    shape: tuple[int, int]
    numbers: Tensor
    planes: Tensor
    described: Tensor | None


@dataclass(frozen=True)
class SourceCells:
    """A source, its cells, and the mean a* and b* of each, ``(h * w, 2)`` float32."""

    image: Image
    cells: Cells
    chroma: Tensor


class CellReader:
    """Describes cells by numbers that are standardized by some sources.

    Parameters
    ----------
    sources : sequence of ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.
    descriptor : Descriptor or None
        The descriptor, on the device.
    weight : float
        Weight of its numbers beside the 15 local features.
    planes : int
        How many of its principal components a network is given.
    device : torch.device
        Where to compute.

    Attributes
    ----------
    sources : list of SourceCells
        The given sources, described.
    """

    def __init__(
        self,
        sources: Sequence[Image],
        descriptor: Descriptor | None,
        weight: float,
        planes: int,
        device: torch.device,
    ) -> None:
        self.device = device
        self._weight = weight
        self._plane_count = planes
        labs = [self._lab(source) for source in sources]
        features = [local_features(lab[..., 0]) for lab in labs]
        every_cell = torch.cat([feature.flatten(0, 1) for feature in features]).cpu().numpy()
        self._mean = self._on_device(every_cell.mean(axis=0))
        self._deviation = self._on_device(np.maximum(every_cell.std(axis=0), _FLAT))
        self.local_count = len(self._mean)
        self._fitted: FittedDescriptor | None = None
        described: list[Tensor | None] = [None] * len(labs)
        if descriptor is not None:
            self._fitted = FittedDescriptor(descriptor, [lab[..., 0].contiguous() for lab in labs])
            described = [*self._fitted.own]
        cells = [self._cells(*one) for one in zip(features, described, strict=True)]
        self.sources = [self._source(*one) for one in zip(sources, labs, cells, strict=True)]

    def of_source(self, image: Image) -> SourceCells:
        """Describe another source, ``(H, W, 3)`` float32 in [0, 1], like the given ones."""
        lab = self._lab(image)
        return self._source(image, lab, self._of_lightness(lab[..., 0].contiguous()))

    def of(self, grey: Image) -> Cells:
        """Describe the cells of a grey image, ``(H, W)`` float32 in [0, 1]."""
        return self._of_lightness(self._on_device(lightness(grey)))

    def described(self, grey: Image) -> Tensor | None:
        """Return the descriptor of each cell, ``(h, w, n)`` float32; None without a descriptor."""
        if self._fitted is None:
            return None
        return self._fitted.describe(self._on_device(lightness(grey)))

    def none(self, shape: tuple[int, ...]) -> Tensor:
        """Return an empty set of planes for cells of some shape."""
        return torch.empty(0, *shape, dtype=torch.float32, device=self.device)

    def _of_lightness(self, seen: Tensor) -> Cells:
        described = None if self._fitted is None else self._fitted.describe(seen)
        return self._cells(local_features(seen), described)

    def _cells(self, features: Tensor, described: Tensor | None) -> Cells:
        shape = features.shape[0], features.shape[1]
        numbers = (features.flatten(0, 1) - self._mean) / self._deviation
        if self._fitted is None or described is None:
            return Cells(shape, numbers, self.none(shape), None)
        planes = self._fitted.planes(described, self._plane_count)
        numbers = torch.cat([numbers, described.flatten(0, 1) * self._weight], dim=1)
        return Cells(shape, numbers, planes, described)

    def _source(self, image: Image, lab: Tensor, cells: Cells) -> SourceCells:
        return SourceCells(image, cells, cell_means(lab[..., 1:]).reshape(-1, 2))

    def _lab(self, image: Image) -> Tensor:
        return self._on_device(rgb2lab(image).astype(np.float32))

    def _on_device(self, image: Image) -> Tensor:
        return torch.from_numpy(image).to(self.device)
