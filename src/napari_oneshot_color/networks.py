"""The generator (Table II), the discriminator (Table I), and a network for chroma alone."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_unshuffle

__all__ = [
    "CELL",
    "ChromaNetwork",
    "Discriminator",
    "Generator",
    "NeighbourChroma",
    "average_batch_norm",
    "initialize",
    "initialize_uniformly",
    "place",
]

CELL = 4
"""Side in px of the cells that are matched and that a network for chroma colours."""

_BATCH_NORM_MOMENTUM = 0.1  # torch's default
_DEPTH = 4  # convolutions of stride 2 on the way down, in both tables


class Generator(nn.Sequential):
    """Colour grey tiles (Table II).

    Four convolutions of stride 2 lead to 4 x 4 features of 512 maps (at 64 px), four transposed
    ones back. Batch norm and ReLU follow each but the last, which has the tanh alone: a ReLU
    before it would cut the negative half of the colours.

    Maps ``(n, 1, s, s)`` float in [-1, 1] to ``(n, 3, s, s)`` float in [-1, 1], s a multiple of 16.

    Parameters
    ----------
    base_width : int
        Feature maps after the first convolution.
    kernel_size : int
        Side of all kernels, odd.
    """

    def __init__(self, base_width: int = 64, kernel_size: int = 5) -> None:
        down = [1, *_widths(base_width)]
        up = [*reversed(_widths(base_width)), 3]
        padding = kernel_size // 2
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(down):
            layers += [
                nn.Conv2d(fan_in, fan_out, kernel_size, 2, padding, bias=False),
                nn.BatchNorm2d(fan_out),
                nn.ReLU(inplace=True),
            ]
        for layer, (fan_in, fan_out) in enumerate(pairwise(up), start=1):
            is_last = layer == _DEPTH
            layers.append(
                nn.ConvTranspose2d(
                    fan_in, fan_out, kernel_size, 2, padding, output_padding=1, bias=is_last
                )
            )
            layers += [nn.Tanh()] if is_last else [nn.BatchNorm2d(fan_out), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class Discriminator(nn.Module):
    """Tell coloured patches of the source from generated ones (Table I).

    Four convolutions of stride 2 with leaky ReLU, batch norm on all but the first, and one linear
    layer. It returns the logit: its sigmoid is the paper's probability, computed inside the losses.

    Maps ``(n, 3, s, s)`` float in [-1, 1] to ``(n,)`` float logits, s being `tile_size`.

    Parameters
    ----------
    base_width : int
        Feature maps after the first convolution.
    kernel_size : int
        Side of all kernels, odd.
    leaky_slope : float
        Slope of the leaky ReLU below zero.
    tile_size : int
        Side of the patches in px, a multiple of 16.
    """

    def __init__(
        self,
        base_width: int = 64,
        kernel_size: int = 5,
        leaky_slope: float = 0.2,
        tile_size: int = 64,
    ) -> None:
        super().__init__()
        widths = [3, *_widths(base_width)]
        layers: list[nn.Module] = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            is_first = layer == 0
            layers.append(
                nn.Conv2d(fan_in, fan_out, kernel_size, 2, kernel_size // 2, bias=is_first)
            )
            if not is_first:
                layers.append(nn.BatchNorm2d(fan_out))
            layers.append(nn.LeakyReLU(leaky_slope, inplace=True))
        self.features = nn.Sequential(*layers)
        self.judge = nn.Linear(widths[-1] * (tile_size // 2**_DEPTH) ** 2, 1)

    def forward(self, colour: Tensor) -> Tensor:
        """Return one logit for each patch, ``(n,)``."""
        logits: Tensor = self.judge(self.features(colour).flatten(1))
        return logits.squeeze(1)


class ChromaNetwork(nn.Module):
    """Predict a* and b* of cells of 4 x 4 px from L* and from hints.

    An encoder-decoder with skip connections (Ronneberger et al., 2015) from a quarter of the
    resolution down to a thirty-second. Its batch norm keeps the statistics of the source: with
    those of the target, or of each image, an unlike composition shifts all colours.

    Maps ``(n, 1, s, s)`` float, L* in [-1, 1], and ``(n, hints, s / 4, s / 4)`` float hints to
    ``(n, 2, s / 4, s / 4)`` float: a* and b*, divided by `ChromaNetwork.SCALE`. s is a multiple
    of 32.

    Parameters
    ----------
    hints : int
        Planes of hints.
    base_width : int
        Feature maps at a quarter of the resolution; each next level doubles.
    """

    SCALE = 40.0

    def __init__(self, hints: int, base_width: int) -> None:
        super().__init__()
        widths = [base_width * 2**level for level in range(_DEPTH)]
        self.stem = nn.Sequential(
            *_convolution(CELL**2 + hints, 2 * base_width),
            *_convolution(2 * base_width, base_width),
        )
        self.down = nn.ModuleList(
            nn.Sequential(*_convolution(fan_in, fan_out, 2), *_convolution(fan_out, fan_out))
            for fan_in, fan_out in pairwise(widths)
        )
        self.up = nn.ModuleList(
            nn.Sequential(*_convolution(deep + shallow, shallow), *_convolution(shallow, shallow))
            for deep, shallow in pairwise(reversed(widths))
        )
        self.chroma = nn.Conv2d(base_width, 2, 3, padding=1)

    def forward(self, lightness: Tensor, hints: Tensor) -> Tensor:
        """Return chroma, ``(n, 2, s / 4, s / 4)``."""
        inputs = torch.cat([pixel_unshuffle(lightness, CELL), hints], dim=1)
        features = self.stem(inputs.contiguous(memory_format=torch.channels_last))
        skipped = []
        for level in self.down:
            skipped.append(features)
            features = level(features)
        for level in self.up:
            larger = interpolate(features, scale_factor=2, mode="nearest")
            features = level(torch.cat([larger, skipped.pop()], dim=1))
        chroma: Tensor = self.chroma(features)
        return chroma


class NeighbourChroma(nn.Module):
    """Give each cell the mean chroma of its nearest neighbours: no weights, nothing to train.

    Takes and returns what `ChromaNetwork` does.
    """

    def forward(self, lightness: Tensor, hints: Tensor) -> Tensor:
        """Return chroma, ``(n, 2, s / 4, s / 4)``."""
        return hints[:, :2]


def _convolution(fan_in: int, fan_out: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(fan_in, fan_out, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(fan_out),
        nn.ReLU(inplace=True),
    ]


def initialize(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights as DCGAN does: normal, width 0.02; batch norm scales around 1.

    The paper does not say; Radford et al. (2016), whom it builds on, do.

    Parameters
    ----------
    network : torch.nn.Module
        On the CPU, so that all devices start from the same weights; changed in place.
    generator : torch.Generator
        The only source of randomness.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.02, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02, generator=generator)
            nn.init.zeros_(module.bias)


def initialize_uniformly(network: nn.Module, generator: torch.Generator) -> None:
    """Draw the convolutions' weights as torch does by itself: uniform, by the number of inputs.

    Parameters
    ----------
    network : torch.nn.Module
        On the CPU, so that all devices start from the same weights; changed in place.
    generator : torch.Generator
        The only source of randomness.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, a=5**0.5, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def average_batch_norm(network: nn.Module, step: int) -> None:
    """Make batch norm's running statistics a plain average at first, a moving one from step 10.

    torch lets them start from 0 and 1, which short trainings never quite forget: the
    colours of the first hundred steps then owe more to that start than to the source.

    Parameters
    ----------
    network : torch.nn.Module
        In training; changed in place.
    step : int
        The step to come, from 1.
    """
    momentum = max(1 / step, _BATCH_NORM_MOMENTUM)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum


def place(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, channels last, which convolutions there are fastest with."""
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _widths(base_width: int) -> list[int]:
    return [base_width * 2**layer for layer in range(_DEPTH)]
