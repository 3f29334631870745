"""The training: the adversarial one of the paper, and that of a network for chroma alone."""

from __future__ import annotations

import copy
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from napari_oneshot_color import networks, objective
from napari_oneshot_color.colorizer import Colorizer
from napari_oneshot_color.device import Device
from napari_oneshot_color.errors import TrainingDivergedError
from napari_oneshot_color.graphs import Repeated
from napari_oneshot_color.lab import lab_of_tensor
from napari_oneshot_color.matching import Matcher
from napari_oneshot_color.pair import Prepared
from napari_oneshot_color.patches import PatchSampler
from napari_oneshot_color.progress import Clock, Losses, LossHistory, Progress
from napari_oneshot_color.provenance import describe
from napari_oneshot_color.settings import Settings

__all__ = ["AdversarialTraining", "ChromaTraining", "Training", "learning_rate", "train_steps"]

_CHECK_INTERVAL = 50  # steps between looks for NaN: each look waits for the device
_LOWEST_RATE = 0.05  # of the learning rate is left at the end of its decay
_PREVIEW_INTERVAL = 1.0  # s at least between previews; each also costs the viewer a repaint
_PREVIEW_SHARE = 0.03  # of the training time may go into making previews

Watcher = Callable[[Colorizer], NDArray[np.float32]]


class Training(ABC):
    """What is trained, step by step.

    Attributes
    ----------
    generator : torch.nn.Module
        What colours, as trained so far.
    """

    generator: nn.Module
    _settings: Settings
    _sampler: PatchSampler
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
    source : Tensor
        ``(3, H, W)`` float32 in [0, 1], on the CPU.
    settings : Settings
        Of the run.
    device : Device
        Where to train.
    """

    def __init__(self, source: Tensor, settings: Settings, device: Device) -> None:
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
        self._sampler = PatchSampler(source.to(device.torch_device), settings, patches_rng)

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
    """A network for chroma, its optimiser, and one step that lowers the mean error of a* and b*.

    Parameters
    ----------
    source : Tensor
        ``(3, H, W)`` float32 in [0, 1], on the CPU.
    hints : Tensor
        ``(k, c, h, w)`` float32, on the CPU: the source's own hints, in k versions.
    settings : Settings
        Of the run.
    device : Device
        Where to train.
    """

    def __init__(self, source: Tensor, hints: Tensor, settings: Settings, device: Device) -> None:
        self._settings = settings
        self._device = device
        weights_seed, patches_seed = _seeds(settings.seed)
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator
            self.generator: nn.Module = networks.ChromaNetwork(hints.shape[1], settings.base_width)
        weights_rng = torch.Generator().manual_seed(weights_seed)
        networks.initialize_uniformly(self.generator.float(), weights_rng)
        networks.place(self.generator, device.torch_device)
        self._optimizer = _adam(self.generator, settings, device)
        self._optimizers = (self._optimizer,)
        patches_rng = torch.Generator(device.torch_device).manual_seed(patches_seed)
        lab = lab_of_tensor(source[None])[0]
        self._sampler = PatchSampler(lab.to(device.torch_device), settings, patches_rng)
        self._hints = hints.to(device.torch_device)

    @torch.enable_grad()
    def compute(self) -> Tensor:
        """Train on one batch.

        Returns
        -------
        Tensor
            ``(4,)`` float32 on the device, in the order of `Losses`: there is no discriminator, and
            the reconstruction is the mean absolute error of a* and b*.
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


def train_steps(
    source: Prepared,
    settings: Settings,
    device: Device,
    *,
    matcher: Matcher | None = None,
    stop: threading.Event | None = None,
    preview: Watcher | None = None,
    after_epoch: Watcher | None = None,
) -> Generator[Progress, None, tuple[Colorizer, LossHistory]]:
    """Train a colorizer on one source.

    Parameters
    ----------
    source : Prepared
        The colour example.
    settings : Settings
        Of the run.
    device : Device
        Where to train.
    matcher : Matcher, optional
        Of the source, if there is one already.
    stop : threading.Event, optional
        Once set, training ends before the next step, but not before the first, and what was
        learnt is returned.
    preview, after_epoch : callable, optional
        Make an image with the colorizer as it is: now and then, and after each epoch. Neither
        changes what is learnt.

    Yields
    ------
    Progress
        About ten a second, and one after each epoch.

    Returns
    -------
    colorizer : Colorizer
        The trained generator. Its settings repeat this run, a stopped one too.
    history : LossHistory
        The losses of every step.

    Raises
    ------
    TrainingDivergedError
        If a loss or a weight is NaN or infinite; it carries the last good colorizer.
    """
    if matcher is None and settings.looks_at_source:
        matcher = Matcher(source.working)
    image = torch.from_numpy(source.working).permute(2, 0, 1).contiguous()
    training: Training
    if settings.network == "chroma":
        assert matcher is not None
        training = ChromaTraining(image, matcher.own_hints, settings, device)
    else:
        training = AdversarialTraining(image, settings, device)
    kept_matcher = matcher if settings.looks_at_source else None
    table = torch.zeros(settings.steps, 4, dtype=torch.float32, device=device.torch_device)
    repeated = Repeated(training, device.torch_device, record=settings.cuda_graph)
    guard = _Guard(training, source, settings, device, kept_matcher)
    clock, preview_clock = Clock(), Clock(_PREVIEW_INTERVAL)
    done = 0
    yield Progress("training", 0, settings.steps, epoch=1)
    while done < settings.steps and not (done and stop is not None and stop.is_set()):
        table[done] = repeated.step()
        done += 1
        epoch_ended = done % settings.steps_per_epoch == 0
        if done % _CHECK_INTERVAL == 0 or epoch_ended or done == settings.steps:
            guard.check(table[:done])
        report = clock.is_due() or done == settings.steps
        if not (report or epoch_ended):
            continue
        images: dict[str, NDArray[np.float32]] = {}
        current = Colorizer(training.generator, settings, device, matcher=kept_matcher)
        if after_epoch and epoch_ended:
            images["epoch_image"] = after_epoch(current)
        if preview and preview_clock.is_due():
            timer = Clock()
            images["preview"] = preview(current)
            preview_clock.interval = max(_PREVIEW_INTERVAL, timer.seconds() / _PREVIEW_SHARE)
        yield Progress(
            "training",
            done,
            settings.steps,
            epoch=min(1 + (done - 1) // settings.steps_per_epoch, settings.epochs),
            seconds_left=clock.seconds_left(done, settings.steps),
            losses=Losses(*table[done - 1].tolist()),
            **images,
        )
    guard.check(table[:done])
    reproducing = settings.replace(max_steps=done) if done < settings.steps else settings
    generator = training.generator.eval()
    colorizer = Colorizer(generator, device.resolved(reproducing), device, matcher=kept_matcher)
    return colorizer, LossHistory.from_table(table[:done].cpu().numpy())


class _Guard:
    """Looks for NaN and infinity, and keeps the generator as it was before they came."""

    def __init__(
        self,
        training: Training,
        source: Prepared,
        settings: Settings,
        device: Device,
        matcher: Matcher | None,
    ) -> None:
        self._training = training
        self._source = source
        self._settings = settings
        self._device = device
        self._matcher = matcher
        self._good: nn.Module | None = None
        self._good_steps = 0

    def check(self, losses: Tensor) -> None:
        tensors = [losses, *self._training.generator.state_dict().values()]
        if torch.stack([tensor.isfinite().all() for tensor in tensors]).all():
            self._good = copy.deepcopy(self._training.generator)
            self._good_steps = len(losses)
            return
        kept = None
        if self._good is not None:
            settings = self._device.resolved(self._settings.replace(max_steps=self._good_steps))
            kept = Colorizer(self._good, settings, self._device, matcher=self._matcher)
            kept.provenance = describe(kept, self._source)
        raise TrainingDivergedError(
            f"Training diverged within its first {len(losses)} steps: a loss became infinite. "
            "Lower the learning rate or the reconstruction weight, or choose precision 'float32'. "
            + ("The last good state was kept." if kept else "Nothing was learnt before."),
            kept,
        )


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
