"""What a run tells while it runs, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["STAGES", "Clock", "LossHistory", "Losses", "Progress", "Steps", "Stopwatch"]

T = TypeVar("T")
P = TypeVar("P")

STAGES = {
    "training": "Training",
    "tiles": "Colouring tiles",
    "regions": "Finding regions",
    "final": "Joining with the target's lightness",
}
"""The stages of a run, in order, and their titles."""


@dataclass(frozen=True)
class Losses:
    """The losses of one training step.

    Attributes
    ----------
    discriminator, generator : float
        Equations (1) and (2), as minimised.
    cross_entropy, reconstruction : float
        The two terms of equation (2), the second before its weight.
    """

    discriminator: float
    generator: float
    cross_entropy: float
    reconstruction: float

    @property
    def is_one(self) -> bool:
        """Whether there is no discriminator, and so but one loss."""
        return self.discriminator == 0 == self.cross_entropy


@dataclass(frozen=True)
class LossHistory:
    """The losses of every training step (Fig. 3), each ``(steps,)`` float32; see `Losses`."""

    discriminator: NDArray[np.float32]
    generator: NDArray[np.float32]
    cross_entropy: NDArray[np.float32]
    reconstruction: NDArray[np.float32]

    @classmethod
    def from_table(cls, table: NDArray[np.float32]) -> LossHistory:
        """Take the columns of a ``(steps, 4)`` table, in the order of `Losses`."""
        return cls(*np.ascontiguousarray(table.T))

    @property
    def is_one(self) -> bool:
        """Whether there was no discriminator, and so but one loss."""
        return not (self.discriminator.any() or self.cross_entropy.any())

    def __len__(self) -> int:
        return len(self.discriminator)


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes
    ----------
    stage : str
        One of `STAGES`, ``chunks`` where stacks and many files are coloured, or ``reading`` where
        their checksum is waited for.
    done, total : int
        Steps of training, tiles, or 0 and 1; of what is read, MiB and 0, which is no end.
    epoch : int
        The current epoch, from 1, during training; otherwise 0.
    seconds_left : float or None
        Estimate for this stage; None as long as there is none.
    losses : Losses or None
        The latest losses, during training.
    preview : ndarray or None
        ``(h, w, 3)`` float32 in [0, 1]: the lattice tiles in place, as coloured now; before the
        first step, in the colours of the nearest neighbours. A fresh copy.
    epoch_image : ndarray or None
        ``(h, w, 3)`` float32 in [0, 1]: the result after the epoch that just ended (Fig. 4).
    """

    stage: str
    done: int
    total: int
    epoch: int = 0
    seconds_left: float | None = None
    losses: Losses | None = None
    preview: NDArray[np.float32] | None = None
    epoch_image: NDArray[np.float32] | None = None


class Steps(Generic[P, T]):
    """A run that a ``for`` loop takes to its end; what it returned is kept.

    Parameters
    ----------
    run : generator
        Is iterated once.

    Attributes
    ----------
    result : object
        What the run returned; there once the loop has ended by itself.
    """

    result: T

    def __init__(self, run: Generator[P, None, T]) -> None:
        self._run = run

    def __iter__(self) -> Generator[P, None, T]:
        self.result = yield from self._run
        return self.result

    def finish(self, on_step: Callable[[P], object] | None = None) -> T:
        """Take the run to its end, showing each step to a caller, and return its result."""
        for step in self:
            if on_step:
                on_step(step)
        return self.result


class Clock:
    """Says when the next report is due, so that reports come by time and not by step.

    Parameters
    ----------
    interval : float
        Seconds between reports.
    """

    def __init__(self, interval: float = 0.1) -> None:
        self.interval = interval
        self._start = self._last = time.perf_counter()

    def is_due(self) -> bool:
        """Whether the interval has passed since the last report that was due."""
        now = time.perf_counter()
        if now - self._last < self.interval:
            return False
        self._last = now
        return True

    def seconds(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self._start

    def seconds_left(self, done: int, total: int) -> float | None:
        """Estimate the seconds left from how long the `done` parts took; None if none is done."""
        return self.seconds() / done * (total - done) if done else None


class Stopwatch:
    """Adds up the seconds spent in each stage, in `seconds`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Count what is inside as `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.perf_counter() - start, 3)
