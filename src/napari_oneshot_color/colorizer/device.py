"""Chooses the device, the number format and the number of threads."""

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
_MARGIN = 1.1  # fewer threads are used only if they are faster by more than this factor
_DEFAULT_THREADS = torch.get_num_threads()  # torch's default: the number of physical cores


_END: Any = object()


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Set torch's number of threads inside the ``with`` block, and restore it afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Device:
    """The device chosen for a run.

    Attributes
    ----------
    torch_device : torch.device
        The device of tensors.
    name : str
        Name for the user, such as ``CUDA: NVIDIA H200`` or ``CPU``.
    precision : str
        ``float32`` or ``bfloat16`` (autocast; weights and losses stay float32).
    threads : int
        Number of CPU threads for torch.
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
        """The device for nearest neighbours: CUDA or the CPU, because MPS lacks float64."""
        return self.torch_device if self.torch_device.type == "cuda" else torch.device("cpu")

    def autocast(self) -> AbstractContextManager[object]:
        """Return a context that computes in the device's number format."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.torch_device.type, dtype=torch.bfloat16)

    def own_threads(self) -> AbstractContextManager[None]:
        """Return a context that uses the device's number of threads."""
        return on_threads(self.threads)

    def iterate(self, run: Generator[P, None, T]) -> Generator[P, None, T]:
        """Iterate a run with the device's threads; between steps, the caller's are restored."""
        with closing(run):
            steps = Steps(run)
            iterator = iter(steps)
            while True:
                with self.own_threads():
                    step = next(iterator, _END)
                if step is _END:
                    return steps.result
                yield step

    def resolved(self, settings: Settings) -> Settings:
        """Return settings with the chosen values, which repeat the run."""
        return settings.replace(
            device=str(self.torch_device), precision=self.precision, threads=self.threads
        )


def core_count() -> int:
    """Return the number of physical cores according to torch."""
    return _DEFAULT_THREADS


def choose_device(settings: Settings) -> Device:
    """Choose the device, number format and threads for `settings`, without changing torch's state.

    An automatic device or number format depends on the hardware alone. An automatic number of CPU
    threads is measured: beside other programs, two threads can be ten times slower than one. The
    settings of a result contain the choice, so that they repeat it.

    Raises
    ------
    BadSettingsError
        If the device is not available.
    """
    device = _torch_device(settings.device)
    threads = settings.threads or _threads_for(device)
    precision = settings.precision
    if precision == "auto":
        precision = "bfloat16" if _is_built_for_bfloat16(device) else "float32"
    return Device(device, _name(device), precision, threads)


def available_devices() -> list[tuple[str, str]]:
    """List the devices of this computer, the automatic choice first.

    Returns
    -------
    list of tuple of str
        The value of `Settings.device` and the name for the user, such as
        ``("cuda:0", "CUDA: NVIDIA H200")``.
    """
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    names += ["mps"] * torch.backends.mps.is_available() + ["cpu"]
    settings = (Settings(device=name, threads=_DEFAULT_THREADS) for name in names)  # no probe
    return [(s.device, str(choose_device(s))) for s in settings]


def _threads_for(device: torch.device) -> int:
    """Return the number of CPU threads that is currently fastest for a small training step."""
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
    """Measure the seconds of a convolution, forward and backward: the median of a few."""
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
    )()  # missing in older torch
    return bool(able.get("amx_bf16") or able.get("avx512_bf16"))
