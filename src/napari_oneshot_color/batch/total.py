"""The progress over many targets."""

from __future__ import annotations

from collections.abc import Generator

from napari_oneshot_color.progress import Clock, Progress, Steps

__all__ = ["Total"]


class Total:
    """The progress over all targets, each with its number of chunks."""

    def __init__(self, weights: list[int]) -> None:
        self._weights = weights
        self._number = 0  # of the target under way
        self._skipped = 0
        self._clock = Clock()

    def progress(self, done: int = 0) -> Progress:
        """Return the progress, with `done` chunks of the current target."""
        count, total = sum(self._weights[: self._number]) + done, sum(self._weights)
        left = self._clock.seconds_left(count - self._skipped, total - self._skipped)
        return Progress("chunks", count, total, seconds_left=left)

    def over_all(self, steps: Generator[Progress, None, bool]) -> Generator[Progress, None, bool]:
        """Convert the progress of one target to the progress over all."""
        run = Steps(steps)
        for progress in run:
            if progress.stage != "chunks":
                yield progress
                continue
            self._weights[self._number] = progress.total
            if self._clock.is_due():
                yield self.progress(progress.done)
        return run.result

    def skip(self) -> None:
        """Exclude the current target from the estimate, because it takes no time."""
        self._skipped += self._weights[self._number]

    def end(self) -> None:
        """Continue with the next target."""
        self._number += 1
