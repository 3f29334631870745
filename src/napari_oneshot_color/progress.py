"""Progress of a run: how far it is, how long it will take, its losses."""

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
        The losses of the two networks, as minimised.
    cross_entropy, reconstruction : float
        The two terms of the generator's loss, the second before weighting.
    """

    discriminator: float
    generator: float
    cross_entropy: float
    reconstruction: float

    @property
    def is_one(self) -> bool:
        """Whether there is no discriminator, and therefore only one loss."""
        return self.discriminator == 0 == self.cross_entropy


@dataclass(frozen=True)
class LossHistory:
    """The losses of every training step, each ``(steps,)`` float32; see `Losses`."""

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
        """Whether there was no discriminator, and therefore only one loss."""
        return not (self.discriminator.any() or self.cross_entropy.any())

    def __len__(self) -> int:
        return len(self.discriminator)


@dataclass(frozen=True)
class Progress:
    """Progress of a run.

    Attributes
    ----------
    stage : str
        A key of ``progress.STAGES``; ``chunks`` while stacks or many files are coloured;
        ``reading`` while their checksum is computed.
    done, total : int
        Training steps or tiles; in other stages 0 and 1. While reading, MiB and 0, because the
        total is not known.
    epoch : int
        The current epoch, from 1, during training; otherwise 0.
    seconds_left : float or None
        Estimate for this stage, if there is one.
    losses : Losses or None
        The latest losses, during training.
    preview : ndarray or None
        ``(h, w, 3)`` float32 in [0, 1]: the target as it would be coloured now; before the first
        step, in the colours of the nearest neighbours. A copy.
    epoch_image : ndarray or None
        ``(h, w, 3)`` float32 in [0, 1]: the result after the epoch that just ended.
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
    """Iterate a generator and keep its return value.

    Parameters
    ----------
    run : generator
        Iterated once.

    Attributes
    ----------
    result : object
        The generator's return value; set once the iteration has finished.
    """

    result: T

    def __init__(self, run: Generator[P, None, T]) -> None:
        self._run = run

    def __iter__(self) -> Generator[P, None, T]:
        self.result = yield from self._run
        return self.result

    def finish(self, on_step: Callable[[P], object] | None = None) -> T:
        """Run to the end, call `on_step` with each step, and return the result."""
        for step in self:
            if on_step:
                on_step(step)
        return self.result


class Clock:
    """Tells when the next report is due, so that reports come at regular times.

    Parameters
    ----------
    interval : float
        Seconds between reports.
    """

    def __init__(self, interval: float = 0.1) -> None:
        self.interval = interval
        self._start = self._last = time.perf_counter()

    def is_due(self) -> bool:
        """Return whether the interval has passed since the last report that was due."""
        now = time.perf_counter()
        if now - self._last < self.interval:
            return False
        self._last = now
        return True

    def seconds(self) -> float:
        """Return the seconds since the clock was made."""
        return time.perf_counter() - self._start

    def seconds_left(self, done: int, total: int) -> float | None:
        """Estimate the seconds left from the time of the `done` parts; None if none is done."""
        return self.seconds() / done * (total - done) if done else None


class Stopwatch:
    """Adds up the seconds spent in each stage in `seconds`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the time spent in the ``with`` block to `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.perf_counter() - start, 3)
