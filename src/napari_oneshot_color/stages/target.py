"""Colours a grey target through all stages: tiles, merged, smoothed, regions, Quickshift."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.matching.copying import Match
from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.matching.following import find, mixed
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pixels.chroma_field import ChromaField, chroma_field
from napari_oneshot_color.pixels.color import lightness, rgb_of_lab
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.progress import Clock, Progress, Steps, Stopwatch
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stages import merging, regions, tiles
from napari_oneshot_color.stages.join import join
from napari_oneshot_color.stages.regions import Painted
from napari_oneshot_color.stages.smoothing import blended
from napari_oneshot_color.stages.uncertainty import estimate_uncertainty
from napari_oneshot_color.types import Image, Labels

__all__ = ["Colored", "TargetStages"]


@dataclass(frozen=True)
class Colored:
    """The images of the stages at the working size: ``(h, w, 3)`` float32 in [0, 1].

    Attributes
    ----------
    merged, smoothed : ndarray
        The merged tiles; the same without tile borders.
    painted : Painted
        The Quickshift regions of the smoothed image.
    joined : ndarray
        The image whose colour is joined with the target's L*; depends on the settings.
    """

    merged: Image
    smoothed: Image
    painted: Painted
    joined: Image


class TargetStages:
    """The stages between training and the LAB join, for one target.

    Parameters
    ----------
    grey : ndarray
        ``(h, w)`` float32 in [0, 1]: the target at the working size.
    settings : Settings
        The run's settings; their seed places the random tiles.
    matcher : Matcher, optional
        The matcher of the source, if the settings use the source while colouring.
    matches : sequence of Match, optional
        Where the target shows what each source shows; searched for if left out.
    shares : sequence of float, optional
        As in `matching.following.mixed`.
    """

    def __init__(
        self,
        grey: Image,
        settings: Settings,
        matcher: Matcher | None = None,
        *,
        matches: Sequence[Match] | None = None,
        shares: Sequence[float] | None = None,
    ) -> None:
        self._grey = grey
        self._settings = settings
        self._matcher = matcher
        self._matches = matches
        self._shares = shares
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
        self._to_come: Future[Labels] | None = None

    def find_regions_meanwhile(self) -> None:
        """Start finding the regions in a thread, if the result needs them."""
        if self._settings.use_regions:
            pool = ThreadPoolExecutor(1)
            self._to_come = pool.submit(regions.find_regions, self._grey, self._settings)
            pool.shutdown(wait=False)

    @cached_property
    def labels(self) -> Labels:
        """Return the Quickshift regions of the target, ``(h, w)`` int32."""
        if self._to_come is not None:
            return self._to_come.result()
        return regions.find_regions(self._grey, self._settings)

    @cached_property
    def _neighbours(self) -> Neighbours:
        assert self._matcher is not None
        return self._matcher.neighbours(self._grey)

    @cached_property
    def novelty(self) -> float | None:
        """How much the target differs from the source; see `Matcher.novelty`.

        None if the settings do not use the source while colouring.
        """
        if self._matcher is None or not self._settings.looks_at_source:
            return None
        return self._matcher.novelty(self._neighbours)

    @cached_property
    def match(self) -> float | None:
        """How much the target has in common with a source; see `Matcher.match`.

        None if the settings do not use the source while colouring, or have no descriptor.
        """
        if self._matcher is None or not self._settings.looks_at_source:
            return None
        return self._matcher.match(self._grey)

    @cached_property
    def _correspondence(self) -> tuple[Image, Image]:
        matches = self._matches
        if matches is None:
            assert self._matcher is not None
            described = self._neighbours.described
            matches = find(self._matcher, self._grey, described if described.numel() else None)
        return mixed(matches, self._grey.shape, self._shares)

    @cached_property
    def _inputs(self) -> torch.Tensor:
        """The planes that tiles are cut from, ``(c, h, w)``: grey, and cues if needed."""
        grey = torch.from_numpy(self._grey)[None]
        if not self._settings.colors_cells:
            return grey
        cues = resized(np.moveaxis(self._neighbours.cues(), 0, -1), self._grey.shape)
        return torch.cat([grey, torch.from_numpy(cues).permute(2, 0, 1)])

    def instant_preview(self) -> Image:
        """Colour the target from nearest neighbours alone: ``(h, w, 3)`` float32 in [0, 1]."""
        chroma = resized(self._neighbours.chroma, self._grey.shape)
        return rgb_of_lab(np.dstack([lightness(self._grey), chroma]))

    def lattice_tiles(self, colorizer: Colorizer) -> Image:
        """Colour the lattice tiles: ``(n, s, s, 3)`` float32 in [0, 1]."""
        colored = np.empty((len(self.lattice), self._side, self._side, 3), np.float32)
        size = self._settings.tile_batch
        for start in range(0, len(colored), size):  # with all their cues, they fill the memory
            batch = slice(start, start + size)
            inputs = tiles.cut(self._inputs, self.lattice[batch], self._side)
            colored[batch] = colorizer.color(inputs).permute(0, 2, 3, 1).cpu().numpy()
        return colored

    def tiles_in_place(self, colorizer: Colorizer) -> Image:
        """Colour the lattice tiles and put them in place: ``(h, w, 3)`` float32 in [0, 1]."""
        height, width = self._grey.shape
        return tiles.place(self.lattice_tiles(colorizer), self.lattice, (height, width))

    def result_so_far(self, colorizer: Colorizer) -> Image:
        """Run all stages on the lattice tiles: ``(h, w, 3)`` float32 in [0, 1]."""
        colored = self._colored(colorizer, len(self.lattice))
        return join(self._grey, colored.joined, self._settings)[0]

    def field(self, colorizer: Colorizer, shape: tuple[int, ...]) -> ChromaField:
        """Run all stages on the target, without progress.

        Parameters
        ----------
        colorizer : Colorizer
            The trained colorizer.
        shape : tuple of int
            Height and width of the whole target in px.
        """
        joined = self._colored(colorizer, len(self.positions)).joined
        return chroma_field(joined, self._grey, shape, self._settings)

    def _colored(self, colorizer: Colorizer, tile_count: int) -> Colored:
        return Steps(self.color_steps(colorizer, tile_count)).finish()

    def color_steps(
        self,
        colorizer: Colorizer,
        tile_count: int | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> Generator[Progress, None, Colored]:
        """Run all stages on the target's tiles, step by step.

        Parameters
        ----------
        colorizer : Colorizer
            The trained colorizer.
        tile_count : int, optional
            Number of tiles, the lattice first; all by default.
        stopwatch : Stopwatch, optional
            Measures each stage.

        Yields
        ------
        Progress
            About ten times a second.

        Returns
        -------
        Colored
            The image of every stage.
        """
        stopwatch = stopwatch or Stopwatch()
        with stopwatch.time("tiles"):
            merged = yield from self._merge(colorizer, tile_count or len(self.positions))
        with stopwatch.time("regions"):
            yield Progress("regions", 0, 1)
            smoothed = self.smoothed(merged)
            painted = Painted(smoothed, lambda: self.labels)
            joined = painted.quickshift if self._settings.use_regions else smoothed
            yield Progress("regions", 1, 1)
        return Colored(merged, smoothed, painted, joined)

    def _merge(self, colorizer: Colorizer, total: int) -> Generator[Progress, None, Image]:
        """Colour and merge tiles, with one batch in memory at a time."""
        height, width = self._grey.shape
        device, size = colorizer.device.torch_device, self._settings.tile_batch
        merge, clock = merging.WeightedMerge((height, width), self._side, device), Clock()
        yield Progress("tiles", 0, total)
        for start in range(0, total, size):
            batch = slice(start, min(start + size, total))
            self._add(merge, colorizer, batch)
            if clock.is_due():
                left = clock.seconds_left(batch.stop, total)
                yield Progress("tiles", batch.stop, total, seconds_left=left)
        yield Progress("tiles", total, total)
        return merge.image()

    def smoothed(self, merged: Image) -> Image:
        """Smooth the merged image and blend in neighbours and matches: ``(h, w, 3)`` float32."""
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

        Returns None if the settings do not use the source while colouring.
        """
        if not self._settings.looks_at_source:
            return None
        trust = self._correspondence[1] if self._settings.correspondence else None
        assert self._matcher is not None
        typical = self._matcher.typical_distance
        return estimate_uncertainty(merged, self._neighbours, trust, typical)

    @torch.inference_mode()
    def _add(self, merge: merging.WeightedMerge, colorizer: Colorizer, batch: slice) -> None:
        positions = self.positions[batch]
        inputs = tiles.cut(self._inputs, positions, self._side)
        inputs = inputs.to(colorizer.device.torch_device)
        colored = colorizer.color(inputs)
        merge.add(colored, positions, merging.tile_weights(colored, inputs[:, :1], self._settings))
