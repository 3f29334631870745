"""A run in a thread of its own, whose known errors come back as values."""

from __future__ import annotations

import gc
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from napari_oneshot_color.errors import OneshotColorError, translated_errors

__all__ = ["Failure", "Job"]

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
        if self._worker is not None:
            self._worker.quit()
            self._worker = None  # it holds the training where it was left


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
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    return failure
