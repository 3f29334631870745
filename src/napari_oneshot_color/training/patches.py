"""Random augmented training patches of the source, sampled in batches on the device."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from napari_oneshot_color.matching.cues import CUE_PLANES
from napari_oneshot_color.pixels.tensors import luminance_of_tensor
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import CELL

__all__ = ["MixedSampler", "PatchSampler"]


class PatchSampler:
    """Samples patches at random places: rotated, flipped, warped, resized, with other contrast.

    The grey input is made from the augmented colours, so that the two agree. Beyond the source's
    border, a patch continues with the mirror image.

    Parameters
    ----------
    source : Tensor
        ``(3, H, W)`` float32 in [0, 1], on the device.
    settings : Settings
        The ranges.
    generator : torch.Generator
        On the same device; the only source of randomness.
    side : int, optional
        Side of the patches in px; by default from the settings and the source's size.
    """

    def __init__(
        self,
        source: Tensor,
        settings: Settings,
        generator: torch.Generator,
        side: int | None = None,
    ) -> None:
        self._source = source
        self._settings = settings
        self.generator = generator
        self._side = side or settings.tile_side(*source.shape[-2:])
        reach = torch.arange(self._side, device=source.device, dtype=torch.float32)
        reach -= (self._side - 1) / 2
        y, x = torch.meshgrid(reach, reach, indexing="ij")
        self._pixels = torch.stack([x, y, torch.ones_like(x)]).reshape(3, -1)

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw `count` patches.

        Returns
        -------
        grey : Tensor
            ``(count, 1, s, s)`` float32 in [-1, 1]: the generator's input z.
        color : Tensor
            ``(count, 3, s, s)`` float32 in [-1, 1]: the desired output x.
        """
        color = self._recolored(self._cut(self._homographies(count)))
        return luminance_of_tensor(color) * 2 - 1, color * 2 - 1

    def draw_lab(self, count: int, cues: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Draw `count` patches of a source in CIELAB, and their cues.

        Parameters
        ----------
        count : int
            Number of patches.
        cues : Tensor
            ``(k, c, h, w)`` float32: maps of the source's cells, in k versions. Each patch gets a
            random one.

        Returns
        -------
        lightness : Tensor
            ``(count, 1, s, s)`` float32 in [-1, 1]: L*, with changed brightness and contrast.
        chroma : Tensor
            ``(count, 2, s, s)`` float32: a* and b*.
        cues : Tensor
            ``(count, c, s / cell, s / cell)`` float32, with noise in the descriptor's planes.
        """
        homographies = self._homographies(count)
        lab = self._cut(homographies)
        lightness = self._recolored(lab[:, :1] / 100) * 2 - 1
        return lightness, lab[:, 1:], self._shaken(self._cut_cues(cues, homographies))

    def _cut_cues(self, cues: Tensor, homographies: Tensor) -> Tensor:
        count, versions, side = len(homographies), len(cues), self._side // CELL
        version = (self._uniform(0, 1, count) * versions).long().clamp(max=versions - 1)
        pixels = self._pixels.view(3, self._side, self._side)
        centres = avg_pool2d(pixels, CELL).reshape(3, -1)
        x, y, depth = (homographies @ centres).unbind(1)
        full_height, full_width = self._source.shape[-2:]
        grid = torch.stack(
            [(x / depth + 0.5) * (2 / full_width) - 1, (y / depth + 0.5) * (2 / full_height) - 1],
            dim=-1,
        )
        return grid_sample(
            cues[version],
            grid.view(count, side, side, 2),
            mode="bilinear",
            padding_mode="reflection",
            align_corners=False,
        )

    def _shaken(self, cues: Tensor) -> Tensor:
        """Add noise to the descriptor's planes, one value for each patch and one for each cell."""
        planes = cues[:, CUE_PLANES:]
        if not self._settings.descriptor_noise or not planes.shape[1]:
            return cues
        noise = self._normal(*planes.shape[:2], 1, 1) + self._normal(*planes.shape)
        shaken = planes + self._settings.descriptor_noise * noise
        return torch.cat([cues[:, :CUE_PLANES], shaken], dim=1)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(
            shape, generator=self.generator, device=self._source.device, dtype=torch.float32
        )

    def _uniform(self, low: float, high: float, count: int) -> Tensor:
        device = self._source.device
        return (
            torch.rand(count, generator=self.generator, device=device, dtype=torch.float32)
            * (high - low)
            + low
        )

    def _homographies(self, count: int) -> Tensor:
        """Return homographies from px around a patch's centre to px of the source."""
        s = self._settings
        height, width = self._source.shape[-2:]
        angle = self._uniform(-1, 1, count) * math.radians(s.rotation)
        shear = self._uniform(-1, 1, count) * s.warp
        # the source is sampled at steps of 1 / factor, so its content grows by the factor
        step = torch.exp(-self._uniform(math.log(s.resize_min), math.log(s.resize_max), count))
        mirror = 1 - 2 * (self._uniform(0, 1, count) < 0.5 * s.flip).float()
        perspective = [self._uniform(-1, 1, count) * s.warp / self._side for _ in range(2)]

        half = step * (self._side - 1) / 2
        x = _between(self._uniform(0, 1, count), half, width)
        y = _between(self._uniform(0, 1, count), half, height)
        cos, sin = torch.cos(angle) * step, torch.sin(angle) * step
        one = torch.ones_like(x)
        turn = torch.stack([cos * mirror, cos * mirror * shear - sin, x,
                            sin * mirror, sin * mirror * shear + cos, y,
                            0 * one, 0 * one, one], dim=1).view(count, 3, 3)  # fmt: skip
        # the centre must stay in place under the perspective
        lean = torch.stack([one, 0 * one, 0 * one,
                            0 * one, one, 0 * one,
                            *perspective, one], dim=1).view(count, 3, 3)  # fmt: skip
        return turn @ lean

    def _cut(self, homographies: Tensor) -> Tensor:
        height, width = self._source.shape[-2:]
        count = len(homographies)
        x, y, depth = (homographies @ self._pixels).unbind(1)
        grid = torch.stack(
            [x / depth * (2 / (width - 1)) - 1, y / depth * (2 / (height - 1)) - 1], dim=-1
        )
        # one tall grid for all patches: a batch of sources would need as many copies
        sampled = grid_sample(
            self._source[None],
            grid.view(1, count * self._side, self._side, 2),
            mode="bilinear",
            padding_mode="reflection",
            align_corners=True,
        )
        return sampled.view(3, count, self._side, self._side).transpose(0, 1)

    def _recolored(self, color: Tensor) -> Tensor:
        s = self._settings
        count = len(color)
        gain = 1 + self._uniform(-1, 1, count) * s.contrast
        shift = self._uniform(-1, 1, count) * s.brightness
        mean = color.mean(dim=(1, 2, 3), keepdim=True)
        color = (color - mean) * gain.view(-1, 1, 1, 1) + mean + shift.view(-1, 1, 1, 1)
        return color.clamp(0, 1)


def _between(fraction: Tensor, half: Tensor, length: int) -> Tensor:
    """Place a centre so that the patch fits, or in the middle of an image that is too small."""
    low = half.clamp(max=(length - 1) / 2)
    return low + fraction * (length - 1 - 2 * low)


class MixedSampler:
    """Samples patches from all sources in proportion to their weights.

    Parameters
    ----------
    sources : sequence of tuple of Tensor and float
        Each source, ``(3, H, W)`` float32 on the device, and its weight.
    settings : Settings
        The ranges.
    generator : torch.Generator
        On the same device; the only source of randomness.
    """

    def __init__(
        self,
        sources: Sequence[tuple[Tensor, float]],
        settings: Settings,
        generator: torch.Generator,
    ) -> None:
        images, weights = zip(*sources, strict=True)
        side = min(settings.tile_side(*image.shape[-2:]) for image in images)
        self._samplers = [PatchSampler(image, settings, generator, side) for image in images]
        self._shares = np.array(weights, float) / sum(weights)
        self._drawn = np.zeros(len(sources), int)
        self.generator = generator

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Draw `count` patches, like `PatchSampler.draw`."""
        parts = [
            sampler.draw(number)
            for sampler, number in zip(self._samplers, self._turns(count), strict=True)
            if number
        ]
        grey, color = (torch.cat(part) for part in zip(*parts, strict=True))
        return grey, color

    def draw_lab(self, count: int, cues: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Draw `count` patches, like `PatchSampler.draw_lab`; each source has its own cues."""
        parts = [
            sampler.draw_lab(number, own)
            for sampler, own, number in zip(self._samplers, cues, self._turns(count), strict=True)
            if number
        ]
        lightness, chroma, under = (torch.cat(part) for part in zip(*parts, strict=True))
        return lightness, chroma, under

    def _turns(self, count: int) -> list[int]:
        """Return how many patches to draw from each source: always from the one furthest behind."""
        before = self._drawn.copy()
        for _ in range(count):
            behind = self._shares * (self._drawn.sum() + 1) - self._drawn
            self._drawn[int(behind.argmax())] += 1
        turns: list[int] = (self._drawn - before).tolist()
        return turns
