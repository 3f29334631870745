"""The latest of many questions, answered in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from napari_oneshot_color.plugin.runs.threads import Failure, Job
from napari_oneshot_color.plugin.saving import results as saving

__all__ = ["Latest"]

Compute = Callable[[], Any]
Use = Callable[[Any], None]


class Latest:
    """Computes one thing at a time; of what is asked for meanwhile, only the last.

    A slider that is dragged, and a brush, ask more often than there are answers.
    """

    def __init__(self) -> None:
        self._job = Job()
        self._is_busy = False
        self._next: tuple[Compute, Use] | None = None
        self._use: Use | None = None

    def ask(self, compute: Compute, use: Use) -> None:
        """Compute something as soon as the thread is free.

        Parameters
        ----------
        compute : callable
            Is called in the thread. Its known errors are shown in the viewer.
        use : callable
            Is given what it returned, in the main thread.
        """
        self._next = (compute, use)
        if not self._is_busy:
            self._start()

    def forget(self) -> None:
        """Want no answer any more."""
        self._next = self._use = None

    def _start(self) -> None:
        assert self._next is not None
        compute, self._use = self._next
        self._next = None
        self._is_busy = True
        self._job.start(
            lambda stop: _steps(compute), returned=self._on_returned, errored=self._on_errored
        )

    def _on_returned(self, outcome: Any) -> None:
        if isinstance(outcome, Failure):
            self._on_errored(outcome.error)
            return
        use = self._end()
        if use is not None:
            use(outcome)
        self._go_on()

    def _on_errored(self, error: Exception) -> None:
        if self._end() is not None:
            saving.notify_error(error)
        self._go_on()

    def _end(self) -> Use | None:
        use, self._use = self._use, None
        self._is_busy = False
        return use

    def _go_on(self) -> None:
        if self._next is not None and not self._is_busy:
            self._start()


def _steps(compute: Compute) -> Generator[Any, None, Any]:
    yield from ()
    return compute()
