"""A network that predicts chroma alone, from L* and from cues."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_unshuffle

from napari_oneshot_color.settings.fixed import CELL

__all__ = ["ChromaNetwork", "NeighbourChroma"]

_LEVELS = 4


class ChromaNetwork(nn.Module):
    """Predict a* and b* of cells of 4 x 4 px from L* and from cues.

    An encoder-decoder with skip connections (Ronneberger et al., 2015) from a quarter of the
    resolution down to a thirty-second. On the way up, a level is narrowed, enlarged and added to
    the one above it, as in feature pyramids (Lin et al., 2017), and convolved once. Its batch norm
    uses the statistics of the source: with those of the target, or of each image, a different
    composition shifts all colours.

    Maps ``(n, 1, s, s)`` float, L* in [-1, 1], and ``(n, cues, s / 4, s / 4)`` float cues to
    ``(n, 2, s / 4, s / 4)`` float: a* and b*, divided by `CHROMA_SCALE`. s is a multiple of 32.

    Parameters
    ----------
    cues : int
        Number of planes of cues.
    base_width : int
        Feature maps at a quarter of the resolution; each next level doubles.
    """

    def __init__(self, cues: int, base_width: int) -> None:
        super().__init__()
        widths = [base_width * 2**level for level in range(_LEVELS)]
        self.stem = nn.Sequential(
            *_convolution(CELL**2 + cues, 2 * base_width),
            *_convolution(2 * base_width, base_width),
        )
        self.down = nn.ModuleList(
            nn.Sequential(*_convolution(fan_in, fan_out, 2), *_convolution(fan_out, fan_out))
            for fan_in, fan_out in pairwise(widths)
        )
        upwards = list(pairwise(reversed(widths)))
        self.narrow = nn.ModuleList(
            nn.Sequential(nn.Conv2d(deep, shallow, 1, bias=False), nn.BatchNorm2d(shallow))
            for deep, shallow in upwards
        )
        self.up = nn.ModuleList(
            nn.Sequential(*_convolution(shallow, shallow)) for _, shallow in upwards
        )
        self.chroma = nn.Conv2d(base_width, 2, 3, padding=1)

    def forward(self, lightness: Tensor, cues: Tensor) -> Tensor:
        """Return chroma, ``(n, 2, s / 4, s / 4)``."""
        inputs = torch.cat([pixel_unshuffle(lightness, CELL), cues], dim=1)
        features = self.stem(inputs.contiguous(memory_format=torch.channels_last))
        skipped = []
        for level in self.down:
            skipped.append(features)
            features = level(features)
        for narrow, level in zip(self.narrow, self.up, strict=True):
            larger = interpolate(narrow(features), scale_factor=2, mode="nearest")
            features = level(larger + skipped.pop())
        chroma: Tensor = self.chroma(features)
        return chroma


class NeighbourChroma(nn.Module):
    """Return the mean chroma of each cell's nearest neighbours: no weights, nothing to train.

    Has the same inputs and outputs as `ChromaNetwork`.
    """

    def forward(self, lightness: Tensor, cues: Tensor) -> Tensor:
        """Return chroma, ``(n, 2, s / 4, s / 4)``."""
        return cues[:, :2]


def _convolution(fan_in: int, fan_out: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(fan_in, fan_out, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(fan_out),
        nn.ReLU(inplace=True),
    ]
