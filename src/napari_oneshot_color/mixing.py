"""Patches of several sources in one batch, each source as often as its weight says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from napari_oneshot_color.settings import Settings
from napari_oneshot_color.training.patches import PatchSampler

__all__ = ["MixedSampler"]


class MixedSampler:
    """Draws patches from all sources. With one source it is its `PatchSampler`.

    Parameters
    ----------
    sources : sequence of Tensor
        ``(3, H, W)`` float32 each, on the device.
    settings : Settings
        The ranges.
    generator : torch.Generator
        On the same device; the only source of randomness.
    weights : sequence of float
        How often each source is drawn from, relative to the others.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        settings: Settings,
        generator: torch.Generator,
        weights: Sequence[float],
    ) -> None:
        side = min(settings.tile_side(*source.shape[-2:]) for source in sources)
        self._samplers = [PatchSampler(source, settings, generator, side) for source in sources]
        self._shares = np.array(weights, float) / sum(weights)
        self._drawn = np.zeros(len(sources), int)
        self.generator = generator

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw `count` patches, as `PatchSampler.draw` does."""
        parts = [
            sampler.draw(number)
            for sampler, number in zip(self._samplers, self._turns(count), strict=True)
            if number
        ]
        grey, colour = (torch.cat(part) for part in zip(*parts, strict=True))
        return grey, colour

    def draw_lab(self, count: int, hints: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Draw `count` patches, as `PatchSampler.draw_lab` does; each source has its own hints."""
        parts = [
            sampler.draw_lab(number, own)
            for sampler, own, number in zip(self._samplers, hints, self._turns(count), strict=True)
            if number
        ]
        lightness, chroma, under = (torch.cat(part) for part in zip(*parts, strict=True))
        return lightness, chroma, under

    def _turns(self, count: int) -> list[int]:
        """Say how many of the next patches are whose: always that which is furthest behind."""
        before = self._drawn.copy()
        for _ in range(count):
            behind = self._shares * (self._drawn.sum() + 1) - self._drawn
            self._drawn[int(behind.argmax())] += 1
        turns: list[int] = (self._drawn - before).tolist()
        return turns
