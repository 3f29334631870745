"""Nearest neighbours: what colour the source has where it looks most like a place of the target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from skimage.color import rgb2lab
from torch import Tensor

from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.matching.descriptor import Descriptor, FittedDescriptor
from napari_oneshot_color.matching.features import cell_means, local_features
from napari_oneshot_color.matching.likeness import likeness, seen_from_afar
from napari_oneshot_color.pixels.color import lightness, luminance
from napari_oneshot_color.settings.fixed import CELL
from napari_oneshot_color.types import Image

__all__ = ["Matcher"]

EXCLUDED = (8, 16, 32, 64)
"""Radii in px around a place of the source within which its own neighbours are left out."""

_NEIGHBOURS = 8
_CHUNK = 64  # cells matched at once: their distances stay in a core's cache
_CHUNK_ELSEWHERE = 4_096  # on a GPU: 256 MB of distances
_CPU = torch.device("cpu")
_MOST_CELLS = 16_384  # of the sources are searched; more are thinned out evenly
_ELSEWHERE = 32_767  # cells away: in another source
_SAMPLED = 1_024  # cells of a source, at least, tell how far its cells are from each other
_LEAST_DISTANCE = 1e-3
_FLAT = 0.01  # standard deviation below which a feature tells nothing


class Matcher:
    """Finds the cells of the sources that look most like those of a grey image.

    A cell of 4 x 4 px is described by 15 numbers: L* under Gaussians of 0 to 16 px, its standard
    deviation under the same, its gradient at 1 and 4 px, and its height in the image. This is
    example-based colouring as Welsh et al. (2002) and Gupta et al. (2012) do it, on more scales.
    What a descriptor says stands beside these numbers.

    Parameters
    ----------
    *sources : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB, at the working size.
    descriptor : Descriptor, optional
        Ready for the device.
    weight : float
        How much its numbers count beside the 15.
    planes : int
        How many of its principal components are shown to a network.
    device : torch.device
        Where cells are compared.
    """

    def __init__(
        self,
        *sources: Image,
        descriptor: Descriptor | None = None,
        weight: float = 1.0,
        planes: int = 0,
        device: torch.device = _CPU,
    ) -> None:
        self.sources = sources
        self.device = device
        self._chunk = _CHUNK if device.type == "cpu" else _CHUNK_ELSEWHERE
        self._weight = weight
        self._descriptor = descriptor
        labs = [self._on_device(rgb2lab(source).astype(np.float32)) for source in sources]
        features = [local_features(lab[..., 0]) for lab in labs]
        self._shapes = [feature.shape[:2] for feature in features]
        every_cell = torch.cat([feature.flatten(0, 1) for feature in features]).cpu().numpy()
        self._mean = self._on_device(every_cell.mean(axis=0))
        self._deviation = self._on_device(np.maximum(every_cell.std(axis=0), _FLAT))
        self._own = [self._standardized(feature) for feature in features]
        self._planes = [self._none(shape) for shape in self._shapes]
        self._fitted: FittedDescriptor | None = None
        self.described: list[Tensor] = []
        """What the descriptor says of the sources' cells, ``(h, w, n)`` each; empty without one."""
        if descriptor is not None:
            self._fitted = FittedDescriptor(descriptor, [lab[..., 0].contiguous() for lab in labs])
            self.described = self._fitted.own
            self._planes = [self._fitted.planes(own, planes) for own in self.described]
            self._own = [
                torch.cat([own, described.flatten(0, 1) * weight], dim=1)
                for own, described in zip(self._own, self.described, strict=True)
            ]
        self._plane_count = len(self._planes[0])
        step = math.ceil(math.sqrt(len(every_cell) / _MOST_CELLS))
        self._searched = [_every(step, *shape).to(device) for shape in self._shapes]
        self._features = _chosen(self._own, self._searched)
        self._local = self._features[:, : features[0].shape[-1]].contiguous()
        chroma = [cell_means(lab[..., 1:]).reshape(-1, 2) for lab in labs]
        self._chroma = _chosen(chroma, self._searched)

    def neighbours(self, grey: Image) -> Neighbours:
        """Match a grey image.

        Parameters
        ----------
        grey : ndarray
            ``(H, W)`` float32 in [0, 1].

        Returns
        -------
        Neighbours
            Those of its cells, a quarter of its size rounded up.
        """
        seen = self._on_device(lightness(grey))
        features = local_features(seen)
        own = self._standardized(features)
        planes = self._none(features.shape[:2])
        if self._fitted is not None:
            described = self._fitted.describe(seen)
            planes = self._fitted.planes(described, self._plane_count)
            own = torch.cat([own, described.flatten(0, 1) * self._weight], dim=1)
        [found] = self._described(own, planes)
        return found

    def novelty(self, neighbours: Neighbours) -> float:
        """Say how far an image is from all that the sources show.

        Parameters
        ----------
        neighbours : Neighbours
            The image's own.

        Returns
        -------
        float
            How many times farther away its cells' neighbours are than the sources' own are from
            each other, by their medians: about 1 for another part of the same picture. Local
            features alone are asked: a descriptor's distances differ less between like and unlike.
        """
        if self._fitted is not None:  # else they are the nearest by local features already
            local = neighbours.local.contiguous()
            planes = self._none((len(local), 1))
            [neighbours] = self._described(local, planes, searched=self._local)
        return float(np.median(neighbours.distance)) / self._own_distance

    def match(self, grey: Image) -> float | None:
        """Say how much an image has in common with the source that has most, as `rank` does.

        Parameters
        ----------
        grey : ndarray
            ``(H, W)`` float32 in [0, 1].

        Returns
        -------
        float or None
            `matching.likeness.likeness`; None without a descriptor.
        """
        if self._descriptor is None:
            return None
        seen = seen_from_afar(grey, self._descriptor, self.device)
        return max(likeness(seen, own) for own in self._own_from_afar)

    @cached_property
    def _own_from_afar(self) -> list[list[Tensor]]:
        assert self._descriptor is not None
        return [
            seen_from_afar(luminance(source), self._descriptor, self.device)
            for source in self.sources
        ]

    @cached_property
    def typical_distance(self) -> float:
        """Median distance of the sources' cells from their neighbours that lie elsewhere."""
        return self._distance_within(self._features)

    @cached_property
    def _own_distance(self) -> float:
        """The same by local features alone."""
        return self._distance_within(self._local)

    def _distance_within(self, searched: Tensor) -> float:
        """Median distance of some of the sources' cells from their neighbours among `searched`."""
        distances = []
        radii = self._radii[:1]
        for number, own in enumerate(self._own):
            step = max(1, len(own) // _SAMPLED)
            for start in range(0, len(own), step * self._chunk):
                some = own[start : start + self._chunk, : searched.shape[1]]
                [found] = self._described(
                    some, self._none((len(some), 1)), radii, number, start, searched
                )
                distances.append(found.distance.ravel())
        return max(float(np.median(np.concatenate(distances))), _LEAST_DISTANCE)

    @property
    def _radii(self) -> list[int]:
        """Those of `EXCLUDED` that fit: a small source has no place that is far from its middle."""
        side = min(max(shape) for shape in self._shapes) * CELL
        return [radius for radius in EXCLUDED if 2 * radius + CELL <= side]

    def _standardized(self, features: Tensor) -> Tensor:
        return (features.flatten(0, 1) - self._mean) / self._deviation

    def _on_device(self, image: Image) -> Tensor:
        return torch.from_numpy(image).to(self.device)

    def _none(self, shape: tuple[int, ...]) -> Tensor:
        """Return no planes of some cells."""
        return torch.empty(0, *shape, dtype=torch.float32, device=self.device)

    @cached_property
    def own_cues(self) -> list[Tensor]:
        """Cues for the sources themselves, without the cells around each, for every radius.

        ``(k, CUE_PLANES + n, h, w)`` float32 for each source, k being up to ``len(EXCLUDED)``.
        Without the exclusion each cell would find itself, and a network would learn to trust its
        neighbours blindly.
        """
        cues = []
        for number, (own, planes) in enumerate(zip(self._own, self._planes, strict=True)):
            found = self._described(own, planes, self._radii, number)
            cues.append(torch.from_numpy(np.stack([each.cues() for each in found])))
        return cues

    @torch.inference_mode()
    def _described(
        self,
        queries: Tensor,
        planes: Tensor,
        radii: Sequence[int] = (),
        source: int = 0,
        first: int = 0,
        searched: Tensor | None = None,
    ) -> list[Neighbours]:
        """Describe the neighbours of some cells; with `radii`, those of a source, once for each.

        The radii must grow: what is near at one is near at the next. The cells of a source are
        counted from `first` on. Their planes, ``(n, h, w)``, also tell their height and width.
        Neighbours are searched among the sources' features, or among `searched` instead.
        """
        features = self._features if searched is None else searched
        squares = features.square().sum(1)
        parts: list[list[Tensor]] = [[] for _ in radii or [0]]
        for start in range(0, len(queries), self._chunk):
            query = queries[start : start + self._chunk]
            # squared, but for the query's own square
            distance = torch.addmm(squares, query, features.T, alpha=-2)
            if not radii:
                parts[0].append(self._nearest(query, features, distance))
                continue
            away = self._away(source, first + start, len(query))
            for radius, found in zip(radii, parts, strict=True):
                distance.masked_fill_(away < radius / CELL, torch.inf)
                found.append(self._nearest(query, features, distance))
        images = [torch.cat(found).view(*planes.shape[1:], 4).cpu().numpy() for found in parts]
        own, count = planes.cpu().numpy(), self._local.shape[1]
        rest = queries[:, :count], queries[:, count:].view(*planes.shape[1:], -1)
        return [
            Neighbours(image[..., :2], image[..., 2], image[..., 3], own, *rest) for image in images
        ]

    def _nearest(self, query: Tensor, features: Tensor, distance: Tensor) -> Tensor:
        """Mean a* and b*, mean distance and spread of each query's neighbours, ``(n, 4)``."""
        count = min(_NEIGHBOURS, len(features))
        nearest = distance.topk(count, dim=1, largest=False).indices
        exact = (query[:, None] - features[nearest]).square().sum(-1).sqrt()
        weight = 1 / exact.clamp(min=1e-6)
        weight /= weight.sum(1, keepdim=True)
        chroma = self._chroma[nearest]
        mean = (weight[..., None] * chroma).sum(1)
        variance = (weight[..., None] * (chroma - mean[:, None]).square()).sum((1, 2))
        return torch.cat([mean, exact.mean(1, keepdim=True), variance.sqrt()[:, None]], 1)

    def _away(self, source: int, start: int, count: int) -> Tensor:
        """Count how many cells the searched ones are away from some of a source's, at most."""
        width = self._shapes[source][1]
        some = torch.arange(start, start + count, device=self.device)[:, None]
        parts = []
        for number, searched in enumerate(self._searched):
            if number != source:
                elsewhere = torch.full((), _ELSEWHERE, dtype=torch.int16, device=self.device)
                parts.append(elsewhere.expand(count, len(searched)))
                continue
            rows = (some // width).short() - (searched // width).short()
            columns = (some % width).short() - (searched % width).short()
            parts.append(torch.maximum(rows.abs_(), columns.abs_()))
        return torch.cat(parts, dim=1)


def _every(step: int, height: int, width: int) -> Tensor:
    """List every so many cells of an image, down and across."""
    return torch.arange(height * width).view(height, width)[::step, ::step].flatten()


def _chosen(parts: list[Tensor], chosen: list[Tensor]) -> Tensor:
    return torch.cat([part[index] for part, index in zip(parts, chosen, strict=True)])
