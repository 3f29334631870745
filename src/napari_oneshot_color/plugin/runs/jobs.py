"""What is done in a thread for a widget: one job at a time, with errors that reach the user."""

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

if TYPE_CHECKING:
    from qtpy.QtCore import QObject

__all__ = ["Jobs", "MakeSteps"]

_SLOW = 300  # ms: until then nobody needs a sign of work

Steps = Generator[Any, None, Any]
MakeSteps = Callable[[threading.Event], Steps]
Use = Callable[[Any], None]
Fail = Callable[[Exception], None]


@dataclass(frozen=True, eq=False)
class _Job:
    """What to do, and who is called about it, in the main thread."""

    make_steps: MakeSteps
    returned: Use
    failed: Fail
    yielded: Use


@dataclass(frozen=True)
class _Failure:
    """A job that ended with a known error."""

    error: OneshotColorError


class Jobs:
    """Does in a thread what it is asked for, one job at a time, while the viewer goes on.

    Parameters
    ----------
    owner : QObject, optional
        A widget that asks. When it is destroyed, the jobs are closed.
    newest_only : bool
        Whether a job that waits gives way to the next one: a slider that is dragged, and a brush,
        ask more often than there are answers. Else all are done, in their order.
    holds_viewer : bool
        Whether napari asks the user before it closes while a job is under way.

    Attributes
    ----------
    is_closed : bool
        Whether nothing is done any more, because the owner is gone.
    is_slow : bool
        Whether the job under way has taken long enough for a sign of work.
    """

    changed = Signal()
    """A job began, ended, or turned out to be slow."""

    closed = Signal()
    """Nothing is done any more."""

    _active: ClassVar[set[Jobs]] = set()
    """Those are kept alive that have a job under way, with whoever waits for it."""

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
            # a partial would be called even after Python has emptied it with other garbage
            owner.destroyed.connect(self.close)

    @property
    def is_busy(self) -> bool:
        """Whether there is something left to do that somebody waits for."""
        return self._now is not None or bool(self._waiting)

    def ask(
        self, compute: Callable[[], Any], use: Use, failed: Fail = notices.notify_error
    ) -> None:
        """Compute something as soon as the thread is free.

        Parameters
        ----------
        compute : callable
            Is called in the thread.
        use : callable
            Is given what it returned, in the main thread.
        failed : callable
            Is given the error instead, if there was one; it is shown in the viewer if left out.
        """
        self.start(partial(_single_step, compute), use, failed)

    def start(
        self,
        make_steps: MakeSteps,
        returned: Use,
        failed: Fail = notices.notify_error,
        yielded: Use = lambda progress: None,
    ) -> None:
        """Take a run to its end as soon as the thread is free.

        Parameters
        ----------
        make_steps : callable
            Is called in the thread with the event that asks it to stop, and returns the run.
        returned, failed, yielded : callable
            Are given what the run returned, its error, and each of its steps, in the main thread.
        """
        if self.is_closed:
            return
        if self._newest_only:
            self._waiting.clear()
        self._waiting.append(_Job(make_steps, returned, failed, yielded))
        self._go_on()

    def stop(self) -> None:
        """Ask the run under way to end its training and to finish with what was learnt."""
        self._stop.set()

    def forget(self) -> None:
        """Drop what waits, and want no answer of what is under way."""
        self._drop()
        self.changed.emit()

    def close(self, *_: object) -> None:
        """End what is under way without a result, and do nothing any more."""
        self.is_closed = True
        self._drop()
        self._stop.set()
        if self._worker is not None:
            self._worker.quit()
            self._worker = None  # it holds the training where it was left
        self._active.discard(self)
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
        # a timer of its own might end in another thread, where garbage happens to be collected
        QTimer.singleShot(_SLOW, partial(_look_whether_slow, ref(self), ref(self._now)))
        self._worker = self._creator()(
            _with_known_errors,
            self._now.make_steps,
            self._stop,
            _connect={  # of methods, unlike of partials, Qt keeps nothing alive
                "yielded": self._on_yielded,
                "returned": self._on_returned,
                "errored": self._on_errored,
                "finished": self._on_finished,
            },
            _start_thread=True,
        )
        self.changed.emit()

    def _creator(self) -> Callable[..., Any]:
        if self._holds_viewer:
            from napari.qt.threading import create_worker
        else:
            from superqt.utils import create_worker
        creator: Callable[..., Any] = create_worker
        return creator

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
        """Return the job that ended, if its answer is wanted."""
        ended, self._now = self._now, None
        self.is_slow = False
        self.changed.emit()
        return ended

    def _on_finished(self) -> None:
        """Turn to the next job. One that napari has ended did not return anything."""
        self._now = self._worker = None
        self._active.discard(self)
        self._go_on()


def _look_whether_slow(jobs: ref[Jobs], job: ref[_Job]) -> None:
    """Say so if a job that began a while ago is still under way."""
    alive = jobs()
    if alive is not None and alive._now is not None and alive._now is job():
        alive.is_slow = True
        alive.changed.emit()


def _single_step(compute: Callable[[], Any], stop: threading.Event) -> Steps:
    yield from ()
    return compute()


def _with_known_errors(make_steps: MakeSteps, stop: threading.Event) -> Steps:
    """Return known errors as a `_Failure`.

    A generator worker swallows every ``RuntimeError``, and napari shows a traceback for the others.
    """
    try:
        with translated_errors():
            return (yield from make_steps(stop))
    except OneshotColorError as error:
        # a traceback holds every frame's tensors, which may be what filled the memory
        error.__cause__ = error.__context__ = None
        failure = _Failure(error.with_traceback(None))
    except Exception as error:
        # napari keeps what it has reported; a traceback's frames hold the tensors
        traceback.clear_frames(error.__traceback__)
        raise
    return failure


def _free_memory() -> None:
    """Free what a run that failed has left behind.

    The main thread alone may do so: garbage may hold widgets, which must not end in another.
    """
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
