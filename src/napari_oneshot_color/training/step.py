"""The common part of all trainings: the step, the learning rate, the optimiser, the seeds."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.networks.weights import average_batch_norm
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.training.patches import MixedSampler

__all__ = ["Training", "adam", "image_of", "learning_rate", "seeds"]

_LOWEST_RATE = 0.05  # share of the learning rate at the end of its decay


class Training(ABC):
    """Base class of trainings.

    Attributes
    ----------
    generator : torch.nn.Module
        The network that colours, as trained so far.
    """

    generator: nn.Module
    _settings: Settings
    _sampler: MixedSampler
    _optimizers: tuple[torch.optim.Adam, ...]
    _steps = 0

    def step(self) -> Tensor:
        """Train on one batch, and return the losses of `compute`."""
        self.prepare()
        return self.compute()

    def prepare(self) -> None:
        """Set the learning rate and the momentum of batch norm for the next step."""
        self._steps += 1
        for optimizer in self._optimizers:
            _set_rate(optimizer, self._settings, self._steps)
        average_batch_norm(self.generator, self._steps)

    @property
    def generators(self) -> list[torch.Generator]:
        """The random generators that patches are drawn with."""
        return [self._sampler.generator]

    @abstractmethod
    def compute(self) -> Tensor:
        """Train on one batch, and return ``(4,)`` losses in the order of `Losses`."""


def image_of(source: Prepared) -> Tensor:
    """Return a source at its working size, ``(3, H, W)`` float32 in [0, 1], on the CPU."""
    return torch.from_numpy(source.working).permute(2, 0, 1).contiguous()


def learning_rate(settings: Settings, step: int) -> float:
    """Return the learning rate of a step.

    It is constant at first. Over the last share `rate_decay` of the planned steps it falls linearly
    to a twentieth, so that the training does not end in the middle of an oscillation.

    Parameters
    ----------
    settings : Settings
        The run's settings.
    step : int
        From 1 to `Settings.planned_steps`.

    Returns
    -------
    float
        Between a twentieth of `Settings.learning_rate` and all of it.
    """
    falling = settings.rate_decay * settings.planned_steps
    remaining = settings.planned_steps - step
    share = min(1.0, remaining / falling) if falling else 1.0
    return settings.learning_rate * (_LOWEST_RATE + (1 - _LOWEST_RATE) * share)


def adam(network: nn.Module, settings: Settings, device: Device) -> torch.optim.Adam:
    """Return an Adam optimiser with the settings' parameters."""
    kind = device.torch_device.type
    recorded = settings.cuda_graph and kind == "cuda"
    rate = settings.learning_rate
    return torch.optim.Adam(
        network.parameters(),
        # a graph reads a number once, but a tensor at every replay
        lr=torch.tensor(rate, device=device.torch_device) if recorded else rate,
        betas=(settings.beta1, settings.beta2),
        fused=kind in ("cpu", "cuda"),
        capturable=recorded,
    )


def _set_rate(optimizer: torch.optim.Optimizer, settings: Settings, step: int) -> None:
    rate = learning_rate(settings, step)
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def seeds(seed: int) -> tuple[int, int]:
    """Derive independent seeds for the weights and the patches."""
    weights, patches = np.random.SeedSequence(seed).generate_state(2)
    return int(weights), int(patches)
