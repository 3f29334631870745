"""Threads: a run whose known errors come back as values, and the latest of many questions."""

from __future__ import annotations

import gc
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from napari_oneshot_color.errors import OneshotColorError, translated_errors
from napari_oneshot_color.plugin.runs import notices

__all__ = ["Failure", "Job", "Latest"]

Steps = Generator[Any, None, Any]


@dataclass(frozen=True)
class Failure:
    """A run that ended with a known error."""

    error: OneshotColorError


class Job:
    """At most one run at a time, in a worker thread.

    A generator worker swallows every ``RuntimeError``, and napari shows a traceback for the
    others: so known errors are returned, as a `Failure`.

    Attributes
    ----------
    is_abandoned : bool
        Whether its window is gone.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._worker: Any = None
        self._returned: Callable[..., None] | None = None
        self.is_abandoned = False

    def start(
        self, make_steps: Callable[[threading.Event], Steps], **slots: Callable[..., None]
    ) -> None:
        """Start a run.

        Parameters
        ----------
        make_steps : callable
            Is called in the thread with the event that asks it to stop, and returns the run.
        **slots
            For the signals ``yielded``, ``returned``, ``errored`` and ``finished``; they are
            called in the main thread.
        """
        from napari.qt.threading import create_worker

        self._stop = threading.Event()
        self._returned = slots.get("returned")
        slots["returned"] = self._on_returned  # Qt would keep a partial, and all that it holds
        self._worker = create_worker(
            _with_known_errors, make_steps, self._stop, _connect=slots, _start_thread=True
        )

    def stop(self) -> None:
        """Ask the run to end its training and to finish with what was learnt."""
        self._stop.set()

    def abandon(self) -> None:
        """End the run without a result: its window is gone."""
        self._stop.set()
        self.is_abandoned = True
        self._returned = None
        if self._worker is not None:
            self._worker.quit()
            self._worker = None  # it holds the training where it was left

    def _on_returned(self, outcome: Any) -> None:
        """Take what the run returned; of one that failed, free the memory first.

        The main thread alone may do so: garbage may hold widgets, which must not end in another.
        """
        if isinstance(outcome, Failure):
            gc.collect()
            torch = sys.modules.get("torch")
            if torch is not None and torch.cuda.is_initialized():
                torch.cuda.empty_cache()
        if self._returned is not None:
            self._returned(outcome)


def _with_known_errors(
    make_steps: Callable[[threading.Event], Steps], stop: threading.Event
) -> Steps:
    try:
        with translated_errors():
            return (yield from make_steps(stop))
    except OneshotColorError as error:
        # a traceback holds every frame's tensors, which may be what filled the memory
        error.__cause__ = error.__context__ = None
        failure = Failure(error.with_traceback(None))
    except Exception as error:
        # napari keeps what it has reported; a traceback's frames hold the tensors
        traceback.clear_frames(error.__traceback__)
        raise
    return failure


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
            notices.notify_error(error)
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
