"""Adversarial training of the paper's two networks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.networks.dcgan import Discriminator, Generator
from napari_oneshot_color.networks.weights import initialize, place
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.patches import MixedSampler
from napari_oneshot_color.training.step import Training, adam, image_of, seeds

__all__ = ["AdversarialTraining"]


class AdversarialTraining(Training):
    """Generator, discriminator, their optimisers, and one step of equations (1) and (2).

    Parameters
    ----------
    sources : sequence of Prepared
        The colour examples; their weights say how often patches come from each.
    settings : Settings
        The run's settings.
    device : Device
        Where to train.
    """

    def __init__(
        self,
        sources: Sequence[Prepared],
        settings: Settings,
        device: Device,
    ) -> None:
        self._settings = settings
        self._device = device
        weights_seed, patches_seed = seeds(settings.seed)
        weights_rng = torch.Generator().manual_seed(weights_seed)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            self.generator: nn.Module = Generator(settings.base_width, settings.kernel_size)
            self.discriminator: nn.Module = Discriminator(
                settings.base_width, settings.kernel_size, settings.leaky_slope, settings.tile_size
            )
        for network in (self.generator, self.discriminator):
            initialize(network.float(), weights_rng)
            place(network, device.torch_device)
        self._generator_optimizer = adam(self.generator, settings, device)
        self._discriminator_optimizer = adam(self.discriminator, settings, device)
        self._optimizers = (self._generator_optimizer, self._discriminator_optimizer)
        patches_rng = torch.Generator(device.torch_device).manual_seed(patches_seed)
        self._sampler = MixedSampler(
            [(image_of(source).to(device.torch_device), source.weight) for source in sources],
            settings,
            patches_rng,
        )

    @torch.enable_grad()
    def compute(self) -> Tensor:
        """Train on one batch.

        Returns
        -------
        Tensor
            ``(4,)`` float32 on the device, in the order of `Losses`, without synchronisation.
        """
        s = self._settings
        grey, color = self._sampler.draw(s.batch_size)
        color = color.contiguous(memory_format=torch.channels_last)
        with self._device.autocast():
            generated = self.generator(grey).float()
            real_logits = self.discriminator(color).float()
            fake_logits = self.discriminator(generated.detach()).float()
        discriminator_loss = objective.discriminator_loss(real_logits, fake_logits)
        self._discriminator_optimizer.zero_grad()
        discriminator_loss.backward()
        self._discriminator_optimizer.step()

        self.discriminator.requires_grad_(False)  # its own gradients are not needed here
        with self._device.autocast():
            fake_logits = self.discriminator(generated).float()
        cross_entropy = objective.adversarial_loss(fake_logits, s.adversarial_loss)
        reconstruction = objective.reconstruction_loss(generated, color, s.reconstruction)
        generator_loss = cross_entropy + s.reconstruction_weight * reconstruction
        self._generator_optimizer.zero_grad()
        generator_loss.backward()
        self._generator_optimizer.step()
        self.discriminator.requires_grad_(True)

        losses = [discriminator_loss, generator_loss, cross_entropy, reconstruction]
        return torch.stack([loss.detach() for loss in losses])
