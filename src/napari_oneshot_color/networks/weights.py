"""Initial weights, running averages of batch norm, and moving networks to a device."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["average_batch_norm", "initialize", "initialize_uniformly", "place"]

_BATCH_NORM_MOMENTUM = 0.1  # torch's default


def initialize(network: nn.Module, generator: torch.Generator) -> None:
    """Initialise weights as in DCGAN: normal, width 0.02; batch norm scales around 1.

    The paper gives no values; these are from Radford et al. (2016), on which it builds.

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
    """Initialise convolutions like torch's default: uniform, by the number of inputs.

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
    """Make the running statistics of batch norm a plain mean up to step 10, then a moving one.

    torch starts from 0 and 1, and short trainings never quite forget these values: in the first
    hundred steps, they influence the colours more than the source does.

    Parameters
    ----------
    network : torch.nn.Module
        In training; changed in place.
    step : int
        The next step, from 1.
    """
    momentum = max(1 / step, _BATCH_NORM_MOMENTUM)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = momentum


def place(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device, in channels-last format, which is fastest for convolutions."""
    network.to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
