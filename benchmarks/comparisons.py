"""What is compared in `benchmarks.speed`: our way of doing something, and the plain way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from skimage.metrics import structural_similarity

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.colorizer.device import Device
from napari_oneshot_color.matching.chosen import cue_planes, matcher_for
from napari_oneshot_color.networks.chroma import ChromaNetwork
from napari_oneshot_color.networks.dcgan import Discriminator, Generator
from napari_oneshot_color.networks.weights import place
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stages import merging, tiles
from napari_oneshot_color.training import objective
from napari_oneshot_color.training.adversarial import AdversarialTraining
from napari_oneshot_color.training.chroma import ChromaTraining
from napari_oneshot_color.training.cuda_graph import Repeated
from napari_oneshot_color.training.step import Training

__all__ = ["BATCH", "Comparison", "chroma_training", "comparisons", "plain_adversarial_step"]

BATCH = 64


@dataclass(frozen=True)
class Comparison:
    """Two ways of doing the same.

    Attributes
    ----------
    name : str
        What is done, and what is counted.
    count : int
        How many are done by one call.
    ours, plain : callable
        Do it.
    """

    name: str
    count: int
    ours: Callable[[], object]
    plain: Callable[[], object]


def comparisons(
    source: np.ndarray, target: np.ndarray, device: Device, *, steps: int, merged_tiles: int
) -> list[Comparison]:
    """Prepare all comparisons.

    Parameters
    ----------
    source, target : ndarray
        A pair: ``(H, W, 3)`` and ``(H, W)``.
    device : Device
        Where both compute; merging the plain way is scikit-image's, on the CPU.
    steps : int
        Training steps in one call.
    merged_tiles : int
        Tiles that are merged in one call.
    """
    return [
        _training_steps(source, device, steps),
        _chroma_steps(source, device, steps),
        _inference_steps(device),
        _merges(target, device, merged_tiles),
    ]


def plain_adversarial_step(device: torch.device) -> Callable[[], None]:
    """Make a plain eager float32 step of equations (1) and (2), which is handed its patches."""
    generator, discriminator = Generator().to(device), Discriminator().to(device)
    of_generator, of_discriminator = (
        torch.optim.Adam(network.parameters(), lr=0.0006, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    )
    grey, color = (
        torch.rand(BATCH, channels, 64, 64, device=device) * 2 - 1 for channels in (1, 3)
    )

    def step() -> None:
        generated = generator(grey)
        of_discriminator.zero_grad()
        objective.discriminator_loss(
            discriminator(color), discriminator(generated.detach())
        ).backward()
        of_discriminator.step()
        of_generator.zero_grad()
        adversarial = objective.adversarial_loss(discriminator(generated))
        (adversarial + objective.reconstruction_loss(generated, color)).backward()
        of_generator.step()

    return step


def chroma_training(image: np.ndarray, device: Device) -> ChromaTraining:
    """Prepare the training of preset ``best``."""
    settings = Settings.preset("best", cuda_graph=True)
    source = prepare_source(image, settings)
    cues = matcher_for([source.working], settings, device.for_matching).own_cues
    return ChromaTraining([source], cues, settings, device)


def _repeated(training: Training, device: Device) -> Repeated:
    return Repeated(training, device.torch_device, record=True)


def _times(count: int, function: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(count):
            function()

    return repeat


def _training_steps(image: np.ndarray, device: Device, steps: int) -> Comparison:
    """Ours draws its own patches; the plain one is handed a batch."""
    settings = Settings(batch_size=BATCH, cuda_graph=True)
    training = AdversarialTraining([prepare_source(image, settings)], settings, device)
    return Comparison(
        "training, tiles/s",
        BATCH * steps,
        _times(steps, _repeated(training, device).step),
        _times(steps, plain_adversarial_step(device.torch_device)),
    )


def _chroma_steps(image: np.ndarray, device: Device, steps: int) -> Comparison:
    """Ours draws its own patches and cues; the plain one is handed a batch."""
    training = chroma_training(image, device)
    where = device.torch_device
    settings = Settings.preset("best")
    planes = cue_planes(settings)
    network = ChromaNetwork(planes, settings.base_width).to(where)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.002, betas=(0.9, 0.99))
    rng = torch.Generator().manual_seed(0)
    lightness = (torch.rand(4, 1, 256, 256, generator=rng) * 2 - 1).to(where)
    cues = torch.randn(4, planes, 64, 64, generator=rng).to(where)
    chroma = torch.randn(4, 2, 64, 64, generator=rng).to(where)

    def plain() -> None:
        loss = (network(lightness, cues) - chroma).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return Comparison(
        "training of chroma, patches of 256 px/s",
        4 * steps,
        _times(steps, _repeated(training, device).step),
        _times(steps, plain),
    )


def _inference_steps(device: Device) -> Comparison:
    where = device.torch_device
    generator, fast = Generator().eval().to(where), Generator()
    place(fast, where)
    colorizer = Colorizer(fast, Settings(batch_size=BATCH), device)
    grey = torch.rand(BATCH, 1, 64, 64, device=where)

    def plain() -> torch.Tensor:
        with torch.no_grad():
            colors: torch.Tensor = generator(grey * 2 - 1)
        return colors

    return Comparison("inference, tiles/s", BATCH, lambda: colorizer.color(grey), plain)


def _merges(target: np.ndarray, device: Device, count: int) -> Comparison:
    settings = Settings()
    grey = prepare_target(target, settings).working
    height, width = grey.shape
    rng = np.random.default_rng(0)
    positions, _ = tiles.all_positions(height, width, 64, 32, count, rng)
    inputs = tiles.cut(torch.from_numpy(grey)[None], positions, 64)
    colored = torch.from_numpy(rng.random((count, 3, 64, 64), np.float32)) * 0.2
    colored = (colored + inputs).clamp(0, 1)
    in_numpy, inputs_in_numpy = colored.permute(0, 2, 3, 1).numpy().copy(), inputs[:, 0].numpy()
    there, inputs_there = (part.to(device.torch_device) for part in (colored, inputs))

    def ours() -> np.ndarray:
        merge = merging.WeightedMerge((height, width), 64, device.torch_device)
        for batch in np.array_split(np.arange(count), max(1, count // BATCH)):
            part = slice(batch[0], batch[-1] + 1)
            weights = merging.tile_weights(there[part], inputs_there[part], settings)
            merge.add(there[part], positions[part], weights)
        return merge.image()

    def plain() -> np.ndarray:
        return plain_merge(in_numpy, inputs_in_numpy, positions, (height, width))

    difference = np.abs(ours() - plain()).max()
    if difference > 1e-3:
        raise AssertionError(f"The two merges differ by {difference}: the comparison is void.")
    return Comparison("weigh and merge, tiles/s", count, ours, plain)


def plain_merge(
    colored: np.ndarray, grey: np.ndarray, positions: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Merge tiles one by one, weighed by scikit-image's SSIM, on the CPU.

    Parameters
    ----------
    colored, grey : ndarray
        ``(n, 64, 64, 3)`` and ``(n, 64, 64)`` float32 in [0, 1].
    positions : ndarray
        ``(n, 2)``: top and left.
    shape : tuple of int
        Height and width of the image.
    """
    least = Settings().minimum_weight
    sums, total = np.zeros((*shape, 3)), np.zeros((*shape, 1))
    for tile, grey_tile, (top, left) in zip(colored, grey, positions, strict=True):
        similarity = structural_similarity(
            luminance(tile),
            grey_tile,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
        )
        place = np.s_[top : top + 64, left : left + 64]
        sums[place] += tile * max(similarity, least)
        total[place] += max(similarity, least)
    return sums / np.maximum(total, least)
