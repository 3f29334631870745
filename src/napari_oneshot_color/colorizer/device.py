"""Where the networks compute, in which number format, and on how many threads."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

import torch

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.progress import Steps
from napari_oneshot_color.settings import Settings

__all__ = ["Device", "available_devices", "choose_device", "core_count", "on_threads"]

T = TypeVar("T")
P = TypeVar("P")

_PROBES = 8
_MARGIN = 1.1  # more threads are taken unless fewer are faster by more than this
_DEFAULT_THREADS = torch.get_num_threads()  # as torch counts the physical cores


_END: Any = object()


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Run what is inside on so many of torch's threads; then the caller has its own again."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Device:
    """A device as chosen for a run.

    Attributes
    ----------
    torch_device : torch.device
        What tensors are moved to.
    name : str
        What a user calls it, such as ``CUDA: NVIDIA H200`` or ``CPU``.
    precision : str
        ``float32`` or ``bfloat16`` (autocast; weights and losses stay float32).
    threads : int
        CPU threads that torch uses while it works.
    """

    torch_device: torch.device
    name: str
    precision: str
    threads: int

    def __str__(self) -> str:
        fast = ", bf16" if self.precision == "bfloat16" else ""
        count = f", {self.threads} thread{'s' * (self.threads != 1)}" if self.name == "CPU" else ""
        return f"{self.name}{count}{fast}"

    @property
    def for_matching(self) -> torch.device:
        """Where neighbours are looked for: a CUDA device, or else the CPU; MPS lacks float64."""
        return self.torch_device if self.torch_device.type == "cuda" else torch.device("cpu")

    def autocast(self) -> AbstractContextManager[object]:
        """Run what is inside in the device's number format."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16)

    def at_work(self) -> AbstractContextManager[None]:
        """Run what is inside on the device's count of threads."""
        return on_threads(self.threads)

    def iterate(self, run: Generator[P, None, T]) -> Generator[P, None, T]:
        """Take each step of a run at work; between them the caller has its own threads."""
        with closing(run):
            steps = Steps(run)
            iterator = iter(steps)
            while True:
                with self.at_work():
                    step = next(iterator, _END)
                if step is _END:
                    return steps.result
                yield step

    def resolved(self, settings: Settings) -> Settings:
        """Write what was chosen into settings, so that they repeat the run."""
        return settings.replace(
            device=str(self.torch_device), precision=self.precision, threads=self.threads
        )


def core_count() -> int:
    """Return the number of physical cores, as torch counts them."""
    return _DEFAULT_THREADS


def choose_device(settings: Settings) -> Device:
    """Choose the device that `settings` ask for, and the threads; neither is set here.

    Device and number format follow from what the hardware is. The CPU's threads, if none are asked
    for, are probed: beside other programs two threads can be ten times slower than one. What
    was chosen is written into the settings of the result, which repeat it.

    Raises
    ------
    BadSettingsError
        If the device asked for is not there.
    """
    device = _torch_device(settings.device)
    threads = settings.threads or _threads_for(device)
    precision = settings.precision
    if precision == "auto":
        precision = "bfloat16" if _is_built_for_bfloat16(device) else "float32"
    return Device(device, _name(device), precision, threads)


def available_devices() -> list[tuple[str, str]]:
    """List this computer's devices, the automatic choice first.

    Returns
    -------
    list of tuple of str
        What `Settings.device` says, and what a user calls it, such as
        ``("cuda:0", "CUDA: NVIDIA H200")``.
    """
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    names += ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    settings = (Settings(device=name, threads=_DEFAULT_THREADS) for name in names)  # no probe
    return [(s.device, str(choose_device(s))) for s in settings]


def _threads_for(device: torch.device) -> int:
    """Choose how many CPU threads are fastest now, for a step of training in a small network."""
    if device.type != "cpu" or _DEFAULT_THREADS == 1:
        return _DEFAULT_THREADS
    seconds = {}
    threads = _DEFAULT_THREADS
    while threads:
        with on_threads(threads):
            seconds[threads] = _probe()
        threads //= 2
    enough = _MARGIN * min(seconds.values())
    return max(threads for threads, taken in seconds.items() if taken <= enough)


def _probe() -> float:
    """Seconds of a convolution forth and back, the median of a few."""
    image = torch.zeros(4, 32, 64, 64).contiguous(memory_format=torch.channels_last)
    weight = torch.zeros(32, 32, 3, 3, requires_grad=True)
    taken = []
    with torch.enable_grad():
        for _ in range(_PROBES):
            start = time.perf_counter()
            torch.nn.functional.conv2d(image, weight, padding=1).sum().backward()
            taken.append(time.perf_counter() - start)
    return median(taken[1:])  # the first starts the threads


def _torch_device(wanted: str) -> torch.device:
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, index = wanted.partition(":")
    if kind == "cuda":
        found = torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()
    else:
        found = kind == "cpu" or torch.backends.mps.is_available()
    if not found:
        raise BadSettingsError(
            f"The device {wanted!r} is not available on this computer. Choose 'auto' or 'cpu'."
        )
    return torch.device(kind, int(index or 0)) if kind == "cuda" else torch.device(kind)


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"CUDA: {torch.cuda.get_device_name(device)}"
    return "Apple GPU (MPS)" if device.type == "mps" else "CPU"


def _is_built_for_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "mps":
        return False
    # other CPUs emulate bfloat16, which is slower than float32
    able: dict[str, object] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # older torch does not tell
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))
