"""Training of the chroma network, with the colour difference as its only loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.networks.chroma import ChromaNetwork
from napari_oneshot_color.networks.weights import initialize_uniformly, place
from napari_oneshot_color.pair.prepare import Prepared
from napari_oneshot_color.pixels.tensors import lab_of_tensor
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import CELL, CHROMA_SCALE
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.patches import MixedSampler
from napari_oneshot_color.training.step import Training, adam, image_of, seeds

__all__ = ["ChromaTraining"]


class ChromaTraining(Training):
    """A chroma network, its optimiser, and one step that lowers the mean colour difference.

    Parameters
    ----------
    sources : sequence of Prepared
        The colour examples; their weights say how often patches come from each.
    cues : sequence of Tensor
        ``(k, c, h, w)`` float32 for each source, on the CPU: its cues, in k versions.
    settings : Settings
        The run's settings.
    device : Device
        Where to train.
    """

    def __init__(
        self,
        sources: Sequence[Prepared],
        cues: Sequence[Tensor],
        settings: Settings,
        device: Device,
    ) -> None:
        self._settings = settings
        self._device = device
        weights_seed, patches_seed = seeds(settings.seed)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            self.generator: nn.Module = ChromaNetwork(cues[0].shape[1], settings.base_width)
        weights_rng = torch.Generator().manual_seed(weights_seed)
        initialize_uniformly(self.generator.float(), weights_rng)
        place(self.generator, device.torch_device)
        self._optimizer = adam(self.generator, settings, device)
        self._optimizers = (self._optimizer,)
        patches_rng = torch.Generator(device.torch_device).manual_seed(patches_seed)
        self._sampler = MixedSampler(
            [
                (lab_of_tensor(image_of(source)[None])[0].to(device.torch_device), source.weight)
                for source in sources
            ],
            settings,
            patches_rng,
        )
        self._cues = [own.to(device.torch_device) for own in cues]

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
        lightness, chroma, cues = self._sampler.draw_lab(s.batch_size, self._cues)
        with self._device.autocast():
            generated = self.generator(lightness, cues).float() * CHROMA_SCALE
        loss = objective.chroma_loss(generated, avg_pool2d(chroma, CELL))
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        none = torch.zeros_like(loss)
        return torch.stack([none, loss.detach(), none, loss.detach()])
