"""Workers in Qt's threads. All of them end before Python does."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QCoreApplication

__all__ = ["start_worker"]

_is_over = threading.Event()


def start_worker(
    function: Callable[..., Any],
    *arguments: Any,
    slots: dict[str, Callable[..., Any]],
    holds_viewer: bool = False,
) -> Any:
    """Start a worker in one of Qt's threads; once Python has begun to end, start none.

    A worker that is still running when Python destroys its signals would abort the process. napari
    waits for workers when its event loop ends, but scripts and consoles may end without that, and
    a timer may start another worker afterwards.

    Parameters
    ----------
    function : callable
        Called in the thread with the arguments; it may be a generator function.
    *arguments : object
        Its arguments.
    slots : dict
        Functions to be called in the main thread, by the worker's signals.
    holds_viewer : bool
        Whether napari asks before closing while the worker is running.

    Returns
    -------
    WorkerBase or None
        The worker; None if none was started.
    """
    if _is_over.is_set():
        return None
    if holds_viewer:
        from napari.qt.threading import create_worker
    else:
        from superqt.utils import create_worker
    return create_worker(function, *arguments, _connect=slots, _start_thread=True)


@atexit.register  # after Qt's binding was imported, so it is called before Qt's objects are deleted
def _end() -> None:
    """Wait for the workers, which are asked to quit, and start no more."""
    _is_over.set()
    application = QCoreApplication.instance()
    if application is None:
        return
    from superqt.utils import WorkerBase

    WorkerBase.await_workers()
