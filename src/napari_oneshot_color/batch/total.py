"""Progress over many targets, each with its number of chunks."""

from __future__ import annotations

from collections.abc import Generator

from napari_oneshot_color.progress import Clock, Progress, Steps

__all__ = ["Total"]


class Total:
    """Progress over all targets, each with its number of chunks."""

    def __init__(self, weights: list[int]) -> None:
        self._weights = weights
        self._number = 0  # of the target under way
        self._skipped = 0
        self._clock = Clock()

    def progress(self, done: int = 0) -> Progress:
        """Tell how much is done, with so many chunks of the target under way."""
        count, total = sum(self._weights[: self._number]) + done, sum(self._weights)
        left = self._clock.seconds_left(count - self._skipped, total - self._skipped)
        return Progress("chunks", count, total, seconds_left=left)

    def counted(self, steps: Generator[Progress, None, bool]) -> Generator[Progress, None, bool]:
        """Iterate the steps of one target as those of all."""
        counted = Steps(steps)
        for progress in counted:
            if progress.stage != "chunks":
                yield progress
                continue
            self._weights[self._number] = progress.total
            if self._clock.is_due():
                yield self.progress(progress.done)
        return counted.result

    def skip(self) -> None:
        """Leave the target under way out of the estimate: it takes no time."""
        self._skipped += self._weights[self._number]

    def end(self) -> None:
        """Go on to the next target."""
        self._number += 1
