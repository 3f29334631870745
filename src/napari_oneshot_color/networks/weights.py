"""What networks start from, what batch norm remembers, and the device that they are on."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["average_batch_norm", "initialize", "initialize_uniformly", "place"]

_BATCH_NORM_MOMENTUM = 0.1  # torch's default


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
