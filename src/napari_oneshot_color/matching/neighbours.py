"""Nearest neighbours: the source's colours where it looks most like a place of the target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from napari_oneshot_color.matching.cells import CellReader, SourceCells
from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.matching.descriptor import Descriptor
from napari_oneshot_color.matching.likeness import likeness, seen_from_afar
from napari_oneshot_color.matching.nearest import cells_away, nearest_cells
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings.fixed import CELL
from napari_oneshot_color.types import Image

__all__ = ["Matcher"]

EXCLUDED = (8, 16, 32, 64)
"""Radii in px around a cell of a source within which cells are excluded as its neighbours."""

_CHUNK = 64  # cells matched at once, so that their distances stay in a core's cache
_CHUNK_ELSEWHERE = 4_096  # on a GPU: 256 MB of distances
_CPU = torch.device("cpu")
_MOST_CELLS = 16_384  # of the sources that are searched; more are thinned out evenly
_SAMPLED = 1_024  # cells of a source, at least, from which its typical distance is taken
_LEAST_DISTANCE = 1e-3


class Matcher:
    """Finds the cells of the sources that look most like those of a grey image.

    A cell of 4 x 4 px is described by 15 numbers: L* under Gaussians of 0 to 16 px, its standard
    deviation under the same, its gradient at 1 and 4 px, and its height in the image. This is
    example-based colouring as in Welsh et al. (2002) and Gupta et al. (2012), at more scales. The
    numbers of a descriptor are appended.

    Parameters
    ----------
    *sources : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB, at the working size.
    descriptor : Descriptor, optional
        The descriptor, on the device.
    weight : float
        Weight of its numbers beside the 15 local features.
    planes : int
        How many of its principal components a network is given.
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
        self.device = device
        self._chunk = _CHUNK if device.type == "cpu" else _CHUNK_ELSEWHERE
        self._descriptor = descriptor
        self._reader = CellReader(sources, descriptor, weight, planes, device)
        self._look_at(self._reader.sources)

    def _look_at(self, sources: Sequence[SourceCells]) -> None:
        self.sources = tuple(source.image for source in sources)
        self._of_sources = list(sources)
        self._cells = [source.cells for source in sources]
        self._own = [cells.numbers for cells in self._cells]
        self.described = [cells.described for cells in self._cells if cells.described is not None]
        """Descriptors of the sources' cells, ``(h, w, n)`` each; empty without a descriptor."""
        step = math.ceil(math.sqrt(sum(map(len, self._own)) / _MOST_CELLS))
        self._searched = [_every(step, *cells.shape).to(self.device) for cells in self._cells]
        self._features = _chosen(self._own, self._searched)
        self._local = self._features[:, : self._reader.local_count].contiguous()
        self._chroma = _chosen([source.chroma for source in sources], self._searched)

    def with_sources(self, *images: Image, without: Sequence[int] = ()) -> Matcher:
        """Return a matcher with further sources, which are described in the same way.

        Scaling and components stay those of the original sources, as a network expects them.

        Parameters
        ----------
        *images : ndarray
            ``(H, W, 3)`` float32 in [0, 1], sRGB, at the working size.
        without : sequence of int
            Indices of its own sources that are left out.
        """
        other = copy(self)
        for name in ("own_cues", "typical_distance", "_own_distance", "_own_from_afar"):
            other.__dict__.pop(name, None)
        own = enumerate(self._of_sources)
        kept = [source for number, source in own if number not in without]
        other._look_at([*kept, *map(self._reader.of_source, images)])
        return other

    def neighbours(self, grey: Image) -> Neighbours:
        """Find the nearest neighbours of a grey image's cells.

        Parameters
        ----------
        grey : ndarray
            ``(H, W)`` float32 in [0, 1].

        Returns
        -------
        Neighbours
            Those of each cell: a quarter of the image's size, rounded up.
        """
        cells = self._reader.of(grey)
        [found] = self._described(cells.numbers, cells.planes)
        return found

    def describe(self, grey: Image) -> Tensor | None:
        """Return the descriptor of a grey image's cells, ``(h, w, n)``; None without one."""
        return self._reader.described(grey)

    def novelty(self, neighbours: Neighbours) -> float:
        """Return how different an image is from everything that the sources show.

        Parameters
        ----------
        neighbours : Neighbours
            Those of the image.

        Returns
        -------
        float
            The median distance of its cells from their neighbours, relative to that within the
            sources: about 1 for another part of the same picture. Only local features count: a
            descriptor's distances differ less between similar and different images.
        """
        if self.described:  # without one, they are the nearest by local features already
            local = neighbours.local.contiguous()
            planes = self._reader.none((len(local), 1))
            [neighbours] = self._described(local, planes, searched=self._local)
        return float(np.median(neighbours.distance)) / self._own_distance

    def match(self, grey: Image) -> float | None:
        """Return how much an image has in common with the most similar source, as `rank` does.

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
        """Median distance of the sources' cells from their neighbours outside the least radius."""
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
                    some, self._reader.none((len(some), 1)), radii, number, start, searched
                )
                distances.append(found.distance.ravel())
        return max(float(np.median(np.concatenate(distances))), _LEAST_DISTANCE)

    @property
    def _radii(self) -> list[int]:
        """Those of `EXCLUDED` that leave cells to search in the smallest source."""
        side = min(max(cells.shape) for cells in self._cells) * CELL
        return [radius for radius in EXCLUDED if 2 * radius + CELL <= side]

    @cached_property
    def own_cues(self) -> list[Tensor]:
        """Cues of the sources themselves for every radius, within which cells are excluded.

        ``(k, CUE_PLANES + n, h, w)`` float32 for each source, k being up to ``len(EXCLUDED)``.
        Without the exclusion each cell would find itself, and a network would learn to trust its
        neighbours blindly.
        """
        cues = []
        for number, cells in enumerate(self._cells):
            found = self._described(cells.numbers, cells.planes, self._radii, number)
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
        """Describe the neighbours of some cells; with `radii`, of a source's cells for each radius.

        The radii must increase, because exclusions accumulate. The first of a source's cells has
        the index `first`. The planes, ``(n, h, w)``, also determine height and width. Neighbours
        are searched among the sources' features, or among `searched` instead.
        """
        features = self._features if searched is None else searched
        squares = features.square().sum(1)
        parts: list[list[Tensor]] = [[] for _ in radii or [0]]
        for start in range(0, len(queries), self._chunk):
            query = queries[start : start + self._chunk]
            # squared, less the query's squared norm
            distance = torch.addmm(squares, query, features.T, alpha=-2)
            if not radii:
                parts[0].append(nearest_cells(query, features, self._chroma, distance))
                continue
            cells = torch.arange(first + start, first + start + len(query), device=self.device)
            away = cells_away(cells, source, self._searched, self._cells[source].shape[1])
            for radius, found in zip(radii, parts, strict=True):
                distance.masked_fill_(away < radius / CELL, torch.inf)
                found.append(nearest_cells(query, features, self._chroma, distance))
        images = [torch.cat(found).view(*planes.shape[1:], 4).cpu().numpy() for found in parts]
        own, count = planes.cpu().numpy(), self._local.shape[1]
        rest = queries[:, :count], queries[:, count:].view(*planes.shape[1:], -1)
        return [
            Neighbours(image[..., :2], image[..., 2], image[..., 3], own, *rest) for image in images
        ]


def _every(step: int, height: int, width: int) -> Tensor:
    """Return the indices of every `step`th cell of an image, down and across."""
    return torch.arange(height * width).view(height, width)[::step, ::step].flatten()


def _chosen(parts: list[Tensor], chosen: list[Tensor]) -> Tensor:
    return torch.cat([part[index] for part, index in zip(parts, chosen, strict=True)])
