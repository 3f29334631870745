"""EfficientNet-Lite0 as a feature extractor: its activations at three strides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.utils.fusion import fuse_conv_bn_weights

__all__ = ["ACTIVATIONS", "EfficientNetLite0", "lite0_with"]

ACTIVATIONS = {8: 40, 16: 112, 32: 320}
"""Strides in px at which activations are taken, and their number of maps."""

_EPSILON = 1e-3  # of its batch norm
_STEM = 32  # maps
_STAGES = (  # Table 1 of Tan and Le (2019): layers, kernel, stride of the first, expansion, maps
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_TAPPED = (2, 4, 6)  # indices of stages: the last one of each stride
_HEAD = re.compile(r"(conv_head|bn1|fc)\.")  # the classifier is not needed


class _Convolution(nn.Conv2d):
    """A convolution with its batch norm folded in, and TensorFlow's ``SAME`` padding.

    That padding is asymmetric: an odd pixel goes to the end, at stride 2 to the right and bottom.
    """

    def __init__(self, fan_in: int, fan_out: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__(fan_in, fan_out, kernel, stride, groups=groups)

    def forward(self, image: Tensor) -> Tensor:
        """Convolve ``(n, fan_in, h, w)``; h and w are multiples of the stride."""
        total = self.kernel_size[0] - self.stride[0]
        if total:
            image = pad(image, (total // 2, total - total // 2) * 2)
        return super().forward(image)


class _Block(nn.Module):
    """An inverted residual block: expansion, depthwise convolution, projection."""

    def __init__(self, fan_in: int, fan_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = fan_in * expansion
        self.expand = _Convolution(fan_in, wide, 1) if expansion > 1 else None
        self.depthwise = _Convolution(wide, wide, kernel, stride, groups=wide)
        self.project = _Convolution(wide, fan_out, 1)
        self.is_residual = stride == 1 and fan_in == fan_out

    def forward(self, image: Tensor) -> Tensor:
        """Map ``(n, fan_in, h, w)`` to ``(n, fan_out, h / stride, w / stride)``."""
        wide: Tensor = image if self.expand is None else self.expand(image).clamp_(0, 6)
        narrow: Tensor = self.project(self.depthwise(wide).clamp_(0, 6))
        return image + narrow if self.is_residual else narrow


class EfficientNetLite0(nn.Module):
    """Compute the features of a photograph at three strides.

    The published network without its head, for inference only: batch norm is folded into the
    convolutions. Lite0 is B0 without squeeze-and-excitation, with ReLU6, and with a stem of
    fixed width. For its weights, trained on ImageNet, see `lite0_with`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Convolution(3, _STEM, 3, 2)
        self.stages = nn.ModuleList()
        widths = [_STEM, *(maps for *_, maps in _STAGES)]
        for (layers, kernel, stride, expansion, maps), (before, _) in zip(
            _STAGES, pairwise(widths), strict=True
        ):
            blocks = [_Block(before, maps, kernel, stride, expansion)]
            blocks += [_Block(maps, maps, kernel, 1, expansion) for _ in range(layers - 1)]
            self.stages.append(nn.Sequential(*blocks))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the activations at strides 8, 16 and 32.

        Parameters
        ----------
        image : Tensor
            ``(n, 3, h, w)`` float32, about [-1, 1]; h and w are multiples of 32.

        Returns
        -------
        list of Tensor
            ``(n, c, h / stride, w / stride)`` float32, for each of `ACTIVATIONS`.
        """
        features = self.stem(image).clamp_(0, 6)
        tapped = []
        for number, stage in enumerate(self.stages):
            features = stage(features)
            if number in _TAPPED:
                tapped.append(features)
        return tapped


def lite0_with(weights: Mapping[str, Tensor]) -> EfficientNetLite0:
    """Return the network with given weights, named as in ``efficientnet_lite_pytorch``.

    Parameters
    ----------
    weights : mapping of str to Tensor
        The state of that package's network, including its head.

    Raises
    ------
    KeyError, RuntimeError
        If a weight is missing or has another shape, or there is one too many.
    """
    left = {re.sub(r"(^|\.)_", r"\1", name): tensor for name, tensor in weights.items()}
    left = {name: tensor for name, tensor in left.items() if not _HEAD.match(name)}
    network = EfficientNetLite0()
    _fold(network.stem, left, "conv_stem", "bn0")
    blocks = [module for module in network.modules() if isinstance(module, _Block)]
    for number, block in enumerate(blocks):
        within = f"blocks.{number}."
        if block.expand is not None:
            _fold(block.expand, left, f"{within}expand_conv", f"{within}bn0")
        _fold(block.depthwise, left, f"{within}depthwise_conv", f"{within}bn1")
        _fold(block.project, left, f"{within}project_conv", f"{within}bn2")
    if left:
        raise KeyError(f"nothing takes {', '.join(left)}")
    return network.requires_grad_(False).eval()


@torch.no_grad()
def _fold(layer: nn.Conv2d, weights: dict[str, Tensor], kernel: str, norm: str) -> None:
    """Move a kernel and its batch norm from `weights` into a layer, folded into one."""
    weights.pop(f"{norm}.num_batches_tracked", None)
    mean, variance, scale, shift = (
        weights.pop(f"{norm}.{name}") for name in ("running_mean", "running_var", "weight", "bias")
    )
    folded = fuse_conv_bn_weights(
        weights.pop(f"{kernel}.weight"), None, mean, variance, _EPSILON, scale, shift
    )
    layer.load_state_dict(dict(zip(("weight", "bias"), folded, strict=True)))
