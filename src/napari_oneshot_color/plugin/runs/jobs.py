"""Jobs of a widget in a background thread, one at a time; errors are shown to the user."""

from __future__ import annotations

import gc
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_oneshot_color.errors import OneshotColorError, translated_errors
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.workers import start_worker

if TYPE_CHECKING:
    from qtpy.QtCore import QObject

__all__ = ["Jobs", "MakeSteps"]

_SLOW = 300  # ms, after which a job counts as slow

Steps = Generator[Any, None, Any]
MakeSteps = Callable[[threading.Event], Steps]
Use = Callable[[Any], None]
Fail = Callable[[Exception], None]


@dataclass(frozen=True, eq=False)
class _Job:
    """A job, and the functions to be called in the main thread."""

    make_steps: MakeSteps
    returned: Use
    failed: Fail
    yielded: Use


@dataclass(frozen=True)
class _Failure:
    """A job that ended with a known error."""

    error: OneshotColorError


class Jobs:
    """Runs jobs in a background thread, one at a time.

    Parameters
    ----------
    owner : QObject, optional
        The widget that starts the jobs. When it is destroyed, the jobs are closed.
    newest_only : bool
        Whether a new job replaces one that is waiting, for sliders and brushes, which start jobs
        faster than they finish. By default, all jobs run in order.
    holds_viewer : bool
        Whether napari asks before closing while a job is running.

    Attributes
    ----------
    is_closed : bool
        Whether no more jobs run, because the owner is gone.
    is_slow : bool
        Whether the current job has been running for long enough to show a busy sign.
    """

    changed = Signal()
    """Emitted when a job begins, ends, or turns out to be slow."""

    closed = Signal()
    """Emitted when no more jobs will run."""

    _active: ClassVar[set[Jobs]] = set()
    """Keeps objects with a running job alive, together with those that wait for it.

    Closed ones too, until their thread has ended: PySide would call a method of an object that is
    gone, if the thread had already reported its end.
    """

    def __init__(
        self,
        owner: QObject | None = None,
        *,
        newest_only: bool = False,
        holds_viewer: bool = True,
    ) -> None:
        self._newest_only = newest_only
        self._holds_viewer = holds_viewer
        self._waiting: deque[_Job] = deque()
        self._now: _Job | None = None
        self._worker: Any = None
        self._stop = threading.Event()
        self.is_closed = False
        self.is_slow = False
        if owner is not None:
            # a partial might be called after the garbage collector has cleared it
            owner.destroyed.connect(self.close)

    @property
    def is_busy(self) -> bool:
        """Whether a job is running or waiting."""
        return self._now is not None or bool(self._waiting)

    def ask(
        self, compute: Callable[[], Any], use: Use, failed: Fail = notices.notify_error
    ) -> None:
        """Compute something as soon as the thread is free.

        Parameters
        ----------
        compute : callable
            Called in the thread.
        use : callable
            Called with the returned value in the main thread.
        failed : callable
            Called with the error, if there was one; by default, it is shown in the viewer.
        """
        self.start(partial(_single_step, compute), use, failed)

    def start(
        self,
        make_steps: MakeSteps,
        returned: Use,
        failed: Fail = notices.notify_error,
        yielded: Use = lambda progress: None,
    ) -> None:
        """Start a run as soon as the thread is free.

        Parameters
        ----------
        make_steps : callable
            Called in the thread with the stop event; returns the run, a generator.
        returned, failed, yielded : callable
            Called in the main thread with the returned value, the error, and each step.
        """
        if self.is_closed:
            return
        if self._newest_only:
            self._waiting.clear()
        self._waiting.append(_Job(make_steps, returned, failed, yielded))
        self._go_on()

    def stop(self) -> None:
        """Set the stop event of the current run, which then finishes with what was learnt."""
        self._stop.set()

    def forget(self) -> None:
        """Drop the waiting jobs, and ignore the result of the current one."""
        self._drop()
        self.changed.emit()

    def close(self, *_: object) -> None:
        """Cancel the current job, and accept no more jobs."""
        self.is_closed = True
        self._drop()
        self._stop.set()
        if self._worker is not None:
            self._worker.quit()
            self._worker = None  # it keeps the unfinished training alive
        self.closed.emit()

    def _drop(self) -> None:
        self._waiting.clear()
        self._now = None
        self.is_slow = False

    def _go_on(self) -> None:
        if self._worker is not None or self.is_closed or not self._waiting:
            return
        self._now = self._waiting.popleft()
        self._active.add(self)
        self._stop = threading.Event()
        # a timer object might be garbage-collected in another thread
        QTimer.singleShot(_SLOW, partial(_look_whether_slow, ref(self), ref(self._now)))
        self._worker = start_worker(
            _with_known_errors,
            self._now.make_steps,
            self._stop,
            slots={  # methods, unlike partials, are not kept alive by Qt
                "yielded": self._on_yielded,
                "returned": self._on_returned,
                "errored": self._on_errored,
                "finished": self._on_finished,
            },
            holds_viewer=self._holds_viewer,
        )
        self.changed.emit()

    def _on_yielded(self, progress: Any) -> None:
        if self._now is not None:
            self._now.yielded(progress)

    def _on_returned(self, outcome: Any) -> None:
        if isinstance(outcome, _Failure):
            _free_memory()
            self._on_errored(outcome.error)
            return
        job = self._end()
        if job is not None:
            job.returned(outcome)

    def _on_errored(self, error: Exception) -> None:
        job = self._end()
        if job is not None:
            job.failed(error)

    def _end(self) -> _Job | None:
        """Return the finished job, if its result is wanted."""
        ended, self._now = self._now, None
        self.is_slow = False
        self.changed.emit()
        return ended

    def _on_finished(self) -> None:
        """Start the next job. A job that napari has ended returned nothing."""
        self._now = self._worker = None
        self._active.discard(self)
        self._go_on()


def _look_whether_slow(jobs: ref[Jobs], job: ref[_Job]) -> None:
    """Mark a job as slow if it is still running."""
    alive = jobs()
    if alive is not None and alive._now is not None and alive._now is job():
        alive.is_slow = True
        alive.changed.emit()


def _single_step(compute: Callable[[], Any], stop: threading.Event) -> Steps:
    yield from ()
    return compute()


def _with_known_errors(make_steps: MakeSteps, stop: threading.Event) -> Steps:
    """Return known errors as a `_Failure`.

    A generator worker swallows ``RuntimeError``, and napari shows a traceback for other errors.
    """
    try:
        with translated_errors():
            return (yield from make_steps(stop))
    except OneshotColorError as error:
        # a traceback keeps the tensors of all frames, which may have filled the memory
        error.__cause__ = error.__context__ = None
        failure = _Failure(error.with_traceback(None))
    except Exception as error:
        # napari keeps reported errors, and with their tracebacks the tensors
        traceback.clear_frames(error.__traceback__)
        raise
    return failure


def _free_memory() -> None:
    """Free the memory of a failed run.

    Call it only in the main thread: garbage may contain widgets, which must be destroyed there.
    """
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
