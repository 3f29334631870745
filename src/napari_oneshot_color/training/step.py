"""What is trained, step by step: the paper's two networks against each other, or one for chroma."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.mixing import MixedSampler
from napari_oneshot_color.networks import dcgan as networks
from napari_oneshot_color.pixels.color import lab_of_tensor
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.training import objective

__all__ = ["AdversarialTraining", "ChromaTraining", "Training", "learning_rate"]

_LOWEST_RATE = 0.05  # of the learning rate is left at the end of its decay


class Training(ABC):
    """What is trained, step by step.

    Attributes
    ----------
    generator : torch.nn.Module
        What colours, as trained so far.
    """

    generator: nn.Module
    _settings: Settings
    _sampler: MixedSampler
    _optimizers: tuple[torch.optim.Adam, ...]
    _steps = 0

    def step(self) -> Tensor:
        """Train on one batch, and return the losses as `compute` does."""
        self.prepare()
        return self.compute()

    def prepare(self) -> None:
        """Set the learning rate and batch norm's momentum of the step to come."""
        self._steps += 1
        for optimizer in self._optimizers:
            _set_rate(optimizer, self._settings, self._steps)
        networks.average_batch_norm(self.generator, self._steps)

    @property
    def generators(self) -> list[torch.Generator]:
        """What patches are drawn with."""
        return [self._sampler.generator]

    @abstractmethod
    def compute(self) -> Tensor:
        """Train on one batch, and return ``(4,)`` losses in the order of `Losses`."""


class AdversarialTraining(Training):
    """Generator, discriminator and their optimisers, and one step of equations (1) and (2).

    Parameters
    ----------
    sources : sequence of Tensor
        ``(3, H, W)`` float32 in [0, 1] each, on the CPU.
    settings : Settings
        Of the run.
    device : Device
        Where to train.
    weights : sequence of float, optional
        How often patches come from each source; evenly if left out.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        settings: Settings,
        device: Device,
        weights: Sequence[float] | None = None,
    ) -> None:
        self._settings = settings
        self._device = device
        weights_seed, patches_seed = _seeds(settings.seed)
        weights_rng = torch.Generator().manual_seed(weights_seed)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            self.generator: nn.Module = networks.Generator(
                settings.base_width, settings.kernel_size
            )
            self.discriminator: nn.Module = networks.Discriminator(
                settings.base_width, settings.kernel_size, settings.leaky_slope, settings.tile_size
            )
        for network in (self.generator, self.discriminator):
            networks.initialize(network.float(), weights_rng)
            networks.place(network, device.torch_device)
        self._generator_optimizer = _adam(self.generator, settings, device)
        self._discriminator_optimizer = _adam(self.discriminator, settings, device)
        self._optimizers = (self._generator_optimizer, self._discriminator_optimizer)
        patches_rng = torch.Generator(device.torch_device).manual_seed(patches_seed)
        self._sampler = MixedSampler(
            [source.to(device.torch_device) for source in sources],
            settings,
            patches_rng,
            weights or [1.0] * len(sources),
        )

    @torch.enable_grad()
    def compute(self) -> Tensor:
        """Train on one batch.

        Returns
        -------
        Tensor
            ``(4,)`` float32 on the device, in the order of `Losses`: nothing waits for it.
        """
        s = self._settings
        grey, colour = self._sampler.draw(s.batch_size)
        colour = colour.contiguous(memory_format=torch.channels_last)
        with self._device.autocast():
            generated = self.generator(grey).float()

        with self._device.autocast():
            real_logits = self.discriminator(colour).float()
            fake_logits = self.discriminator(generated.detach()).float()
        discriminator_loss = objective.discriminator_loss(real_logits, fake_logits)
        self._discriminator_optimizer.zero_grad()
        discriminator_loss.backward()  # type: ignore[no-untyped-call]
        self._discriminator_optimizer.step()

        self.discriminator.requires_grad_(False)  # its own gradients are not needed here
        with self._device.autocast():
            fake_logits = self.discriminator(generated).float()
        cross_entropy = objective.adversarial_loss(fake_logits, s.adversarial_loss)
        reconstruction = objective.reconstruction_loss(generated, colour, s.reconstruction)
        generator_loss = cross_entropy + s.reconstruction_weight * reconstruction
        self._generator_optimizer.zero_grad()
        generator_loss.backward()  # type: ignore[no-untyped-call]
        self._generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        losses = [discriminator_loss, generator_loss, cross_entropy, reconstruction]
        return torch.stack([loss.detach() for loss in losses])


class ChromaTraining(Training):
    """A network for chroma, its optimiser, and one step that lowers the mean colour difference.

    Parameters
    ----------
    sources : sequence of Tensor
        ``(3, H, W)`` float32 in [0, 1] each, on the CPU.
    hints : sequence of Tensor
        ``(k, c, h, w)`` float32 for each source, on the CPU: its own hints, in k versions.
    settings : Settings
        Of the run.
    device : Device
        Where to train.
    weights : sequence of float, optional
        How often patches come from each source; evenly if left out.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        hints: Sequence[Tensor],
        settings: Settings,
        device: Device,
        weights: Sequence[float] | None = None,
    ) -> None:
        self._settings = settings
        self._device = device
        weights_seed, patches_seed = _seeds(settings.seed)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            self.generator: nn.Module = networks.ChromaNetwork(
                hints[0].shape[1], settings.base_width
            )
        weights_rng = torch.Generator().manual_seed(weights_seed)
        networks.initialize_uniformly(self.generator.float(), weights_rng)
        networks.place(self.generator, device.torch_device)
        self._optimizer = _adam(self.generator, settings, device)
        self._optimizers = (self._optimizer,)
        patches_rng = torch.Generator(device.torch_device).manual_seed(patches_seed)
        self._sampler = MixedSampler(
            [lab_of_tensor(source[None])[0].to(device.torch_device) for source in sources],
            settings,
            patches_rng,
            weights or [1.0] * len(sources),
        )
        self._hints = [own.to(device.torch_device) for own in hints]

    @torch.enable_grad()
    def compute(self) -> Tensor:
        """Train on one batch.

        Returns
        -------
        Tensor
            ``(4,)`` float32 on the device, in the order of `Losses`: there is no discriminator, and
            the reconstruction is the mean colour difference.
        """
        s = self._settings
        lightness, chroma, hints = self._sampler.draw_lab(s.batch_size, self._hints)
        with self._device.autocast():
            generated = self.generator(lightness, hints).float() * networks.ChromaNetwork.SCALE
        loss = objective.chroma_loss(generated, avg_pool2d(chroma, networks.CELL))
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        none = torch.zeros_like(loss)
        return torch.stack([none, loss.detach(), none, loss.detach()])


def learning_rate(settings: Settings, step: int) -> float:
    """Return the learning rate of a step.

    It is constant, and over the last `rate_decay` of the planned steps falls linearly to a
    twentieth, so that the training does not end amid one of its swings.

    Parameters
    ----------
    settings : Settings
        Of the run.
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


def _adam(network: nn.Module, settings: Settings, device: Device) -> torch.optim.Adam:
    kind = device.torch_device.type
    recorded = settings.cuda_graph and kind == "cuda"
    rate = settings.learning_rate
    return torch.optim.Adam(
        network.parameters(),
        # a graph reads a number once, a tensor at every replay
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


def _seeds(seed: int) -> tuple[int, int]:
    """Derive independent seeds for the weights and the patches."""
    weights, patches = np.random.SeedSequence(seed).generate_state(2)
    return int(weights), int(patches)
