"""From a colorizer and a grey target to every stage's image: tiles, merged, regions, Quickshift."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from napari_oneshot_color import merging, regions, tiles
from napari_oneshot_color.blending import blended
from napari_oneshot_color.colorizer import Colorizer
from napari_oneshot_color.correspondence import corresponding
from napari_oneshot_color.lab import chroma_field, join, lightness, rgb_of_lab
from napari_oneshot_color.matching import Matcher, Neighbours
from napari_oneshot_color.progress import Clock, Progress
from napari_oneshot_color.resizing import resized
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.uncertainty import estimate_uncertainty
from napari_oneshot_color.upsampling import ChromaField

__all__ = ["Painted", "TargetStages"]

Image = NDArray[np.float32]


@dataclass(frozen=True)
class Painted:
    """What becomes of a smoothed image.

    Attributes
    ----------
    region_names : ndarray
        ``(n,)``: the labels in use.
    region_colors : ndarray
        ``(n, 3)`` float32 in [0, 1]: their medians.
    quickshift : ndarray
        ``(h, w, 3)`` float32 in [0, 1]: the regions in these colours.
    """

    region_names: regions.Labels
    region_colors: Image
    quickshift: Image


class TargetStages:
    """The stages between training and the LAB join, on one target.

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float32 in [0, 1]: the target at the working size.
    settings : Settings
        Of the run; its seed places the random tiles.
    matcher : Matcher, optional
        Of the source, where the settings look at it.
    """

    def __init__(self, grey: Image, settings: Settings, matcher: Matcher | None = None) -> None:
        self._grey = grey
        self._settings = settings
        self._matcher = matcher
        height, width = grey.shape
        self._side = settings.tile_side(height, width)
        self.positions, on_lattice = tiles.all_positions(
            height,
            width,
            self._side,
            min(settings.lattice_stride, self._side),
            settings.generated_tiles,
            np.random.default_rng(settings.seed),
        )
        self.lattice = self.positions[:on_lattice]

    @cached_property
    def labels(self) -> regions.Labels:
        """Quickshift regions of the target, ``(h, w)`` int32; they do not depend on colours."""
        return regions.find_regions(self._grey, self._settings)

    @cached_property
    def _neighbours(self) -> Neighbours:
        assert self._matcher is not None
        return self._matcher.neighbours(self._grey)

    @cached_property
    def novelty(self) -> float | None:
        """How unlike the source the target is, as `Matcher.novelty` has it.

        None where the settings do not look at the source.
        """
        if self._matcher is None or not self._settings.looks_at_source:
            return None
        return self._matcher.novelty(self._neighbours)

    @cached_property
    def _correspondence(self) -> tuple[Image, Image]:
        assert self._matcher is not None
        found = [corresponding(source, self._grey) for source in self._matcher.sources]
        chroma, weight = found[0]
        for other, trust in found[1:]:  # each place from the source that shows it best
            chroma = np.where((trust > weight)[..., None], other, chroma)
            weight = np.maximum(weight, trust)
        return chroma, weight

    @cached_property
    def _inputs(self) -> torch.Tensor:
        """What tiles are cut from, ``(c, h, w)``: the grey, and hints if the network takes some."""
        grey = torch.from_numpy(self._grey)[None]
        if not self._settings.colors_cells:
            return grey
        hints = resized(np.moveaxis(self._neighbours.hints(), 0, -1), self._grey.shape)
        return torch.cat([grey, torch.from_numpy(hints).permute(2, 0, 1)])

    def instant_preview(self) -> Image:
        """Colour the target by its nearest neighbours alone: ``(h, w, 3)`` float32 in [0, 1]."""
        chroma = resized(self._neighbours.chroma, self._grey.shape)
        return rgb_of_lab(np.dstack([lightness(self._grey), chroma]))

    def lattice_tiles(self, colorizer: Colorizer) -> Image:
        """Colour the lattice: ``(n, s, s, 3)`` float32 in [0, 1]."""
        inputs = tiles.cut(self._inputs, self.lattice, self._side)
        colored: Image = colorizer.color(inputs).permute(0, 2, 3, 1).cpu().numpy()
        return colored

    def tiles_in_place(self, colorizer: Colorizer) -> Image:
        """Colour the lattice and lay it out, seams visible: ``(h, w, 3)`` float32 in [0, 1]."""
        height, width = self._grey.shape
        return tiles.place(self.lattice_tiles(colorizer), self.lattice, (height, width))

    def result_so_far(self, colorizer: Colorizer) -> Image:
        """Take the lattice through all stages: ``(h, w, 3)`` float32 in [0, 1] (Fig. 4)."""
        merge = self._merge(colorizer)
        for batch in self._batches(len(self.lattice)):
            self._add(merge, colorizer, batch)
        return join(self._grey, self.colour(merge.image()), self._settings)[0]

    def merge_steps(self, colorizer: Colorizer) -> Generator[Progress, None, Image]:
        """Colour, weigh and merge all tiles, one batch in memory at a time.

        Yields
        ------
        Progress
            About ten a second.

        Returns
        -------
        ndarray
            ``(h, w, 3)`` float32 in [0, 1]: the merged image.
        """
        merge, clock = self._merge(colorizer), Clock()
        total = len(self.positions)
        yield Progress("tiles", 0, total)
        for batch in self._batches(total):
            self._add(merge, colorizer, batch)
            if clock.is_due():
                left = clock.seconds_left(batch.stop, total)
                yield Progress("tiles", batch.stop, total, seconds_left=left)
        yield Progress("tiles", total, total)
        return merge.image()

    def smoothed(self, merged: Image) -> Image:
        """Smooth the merged image, and mix in what else tells the colour: ``(h, w, 3)`` float32."""
        s = self._settings
        return blended(
            merged,
            self._grey,
            s,
            self._neighbours if s.blends_neighbours else None,
            self._correspondence if s.correspondence else None,
        )

    def uncertainty(self, merged: Image) -> Image | None:
        """Estimate how far the colour may be wrong: ``(h, w)`` float32 in units of a* and b*.

        None where the settings do not look at the source.
        """
        if not self._settings.looks_at_source:
            return None
        trust = self._correspondence[1] if self._settings.correspondence else None
        assert self.novelty is not None
        return estimate_uncertainty(merged, self._neighbours, trust, self.novelty)

    def paint(self, smoothed: Image) -> Painted:
        """Give each region of the smoothed image its median colour."""
        names, colors = regions.region_medians(smoothed, self.labels)
        return Painted(names, colors, regions.paint_regions(self.labels, names, colors))

    def colour(self, merged: Image) -> Image:
        """Take the merged image to the one whose colour is joined with the target's L*."""
        smoothed = self.smoothed(merged)
        return self.paint(smoothed).quickshift if self._settings.use_regions else smoothed

    def field(self, colorizer: Colorizer, shape: tuple[int, ...]) -> ChromaField:
        """Take the target through all stages, without reports.

        Parameters
        ----------
        colorizer : Colorizer
            What colours it.
        shape : tuple of int
            Height and width of the whole target in px.
        """
        merge = self._merge(colorizer)
        for batch in self._batches(len(self.positions)):
            self._add(merge, colorizer, batch)
        return chroma_field(self.colour(merge.image()), self._grey, shape, self._settings)

    def _merge(self, colorizer: Colorizer) -> merging.WeightedMerge:
        height, width = self._grey.shape
        device = colorizer.device.torch_device
        return merging.WeightedMerge((height, width), self._side, device)

    def _batches(self, count: int) -> Iterator[slice]:
        size = self._settings.tile_batch
        return (slice(start, min(start + size, count)) for start in range(0, count, size))

    @torch.inference_mode()
    def _add(self, merge: merging.WeightedMerge, colorizer: Colorizer, batch: slice) -> None:
        positions = self.positions[batch]
        inputs = tiles.cut(self._inputs, positions, self._side)
        inputs = inputs.to(colorizer.device.torch_device)
        colored = colorizer.color(inputs)
        merge.add(colored, positions, merging.tile_weights(colored, inputs[:, :1], self._settings))
