"""Things done one after the other in a thread of their own, none of them left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.threads import Failure, Job

__all__ = ["InTurn"]

Compute = Callable[[], Any]
Use = Callable[[Any], None]
Fail = Callable[[Exception], None]


class InTurn:
    """Does what is asked for, in its order, while the viewer goes on."""

    def __init__(self) -> None:
        self._job = Job()
        self._waiting: deque[tuple[Compute, Use, Fail]] = deque()
        self._now: tuple[Compute, Use, Fail] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there is something left to do."""
        return self._now is not None

    def ask(self, compute: Compute, use: Use, failed: Fail = notices.notify_error) -> None:
        """Do something as soon as the thread is free.

        Parameters
        ----------
        compute : callable
            Is called in the thread.
        use : callable
            Is given what it returned, in the main thread.
        failed : callable
            Is given the error instead, if there was one; it is shown in the viewer if left out.
        """
        self._waiting.append((compute, use, failed))
        self._go_on()

    def _go_on(self) -> None:
        if self._now is None and self._waiting:
            self._now = self._waiting.popleft()
            compute = self._now[0]
            self._job.start(
                lambda stop: _steps(compute), returned=self._on_returned, errored=self._on_errored
            )

    def _on_returned(self, outcome: Any) -> None:
        if isinstance(outcome, Failure):
            self._on_errored(outcome.error)
            return
        assert self._now is not None
        (_, use, _), self._now = self._now, None
        self._go_on()
        use(outcome)

    def _on_errored(self, error: Exception) -> None:
        assert self._now is not None
        (_, _, failed), self._now = self._now, None
        self._go_on()
        failed(error)


def _steps(compute: Compute) -> Generator[Any, None, Any]:
    yield from ()
    return compute()
