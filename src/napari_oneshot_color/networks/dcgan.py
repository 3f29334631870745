"""The generator (Table II) and the discriminator (Table I)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

__all__ = ["Discriminator", "Generator"]

_DEPTH = 4  # number of convolutions of stride 2, in both tables


class Generator(nn.Sequential):
    """Colour grey tiles (Table II).

    Four convolutions of stride 2 reduce 64 px to 4 x 4 features of 512 maps; four transposed
    convolutions restore the size. Batch norm and ReLU follow each layer except the last, which has
    only the tanh: a ReLU before it would cut off the negative half of the colours.

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
    """Distinguish patches of the source from generated ones (Table I).

    Four convolutions of stride 2 with leaky ReLU, batch norm on all but the first, and one linear
    layer. The output is a logit; its sigmoid, the paper's probability, is computed in the losses.
    Batch norm always uses the statistics of the batch.

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
                layers.append(nn.BatchNorm2d(fan_out, track_running_stats=False))
            layers.append(nn.LeakyReLU(leaky_slope, inplace=True))
        self.features = nn.Sequential(*layers)
        self.judge = nn.Linear(widths[-1] * (tile_size // 2**_DEPTH) ** 2, 1)

    def forward(self, color: Tensor) -> Tensor:
        """Return one logit for each patch, ``(n,)``."""
        logits: Tensor = self.judge(self.features(color).flatten(1))
        return logits.squeeze(1)


def _widths(base_width: int) -> list[int]:
    return [base_width * 2**layer for layer in range(_DEPTH)]
