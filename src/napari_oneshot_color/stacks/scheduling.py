"""Computes tasks on this computer's threads or in a cluster, and counts those that are done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from dask import threaded

from napari_oneshot_color.colorizer.device import core_count
from napari_oneshot_color.errors import DeviceError, OneshotColorError
from napari_oneshot_color.progress import Clock
from napari_oneshot_color.versions import PROGRAM

__all__ = ["compute", "first_line", "thread_count"]

_INTERVAL = 0.1  # seconds between two counts
_RETRIES = 3
_PATIENCE = 60.0  # seconds without any worker, or without an answer from the scheduler


def thread_count(client: Any = None) -> int:
    """Return the number of threads that compute tasks, on this computer or in a cluster."""
    return core_count() if client is None else sum(client.nthreads().values())


def compute(
    graph: Mapping[Any, Any], keys: Sequence[Any], stop: threading.Event, client: Any = None
) -> Iterator[int]:
    """Compute some of a graph's tasks for their effects; their results are dropped.

    Parameters
    ----------
    graph : mapping
        A dask graph, optimized.
    keys : sequence
        The wanted tasks. They may run twice if a worker of the cluster is lost.
    stop : threading.Event
        Once set, running tasks are finished, and no further ones are begun.
    client : distributed.Client, optional
        Client of the cluster; None computes on the threads of this computer.

    Yields
    ------
    int
        How many of the wanted tasks are done, about ten times a second.

    Raises
    ------
    DeviceError
        If the cluster failed.
    """
    if client is None:
        yield from _on_threads(graph, keys, stop)
    else:
        yield from _in_cluster(graph, keys, stop, client)


class _StoppedError(Exception):
    """Ends dask's own loop."""


def _on_threads(
    graph: Mapping[Any, Any], keys: Sequence[Any], stop: threading.Event
) -> Iterator[int]:
    wanted, done, given_up = set(keys), 0, threading.Event()

    def after_task(key: Any, *_: Any) -> None:
        nonlocal done
        done += key in wanted
        if stop.is_set() or given_up.is_set():
            raise _StoppedError

    with ThreadPoolExecutor(core_count()) as pool, ThreadPoolExecutor(1) as runner:
        callbacks = [(None, None, None, after_task, None)]  # as dask.callbacks.Callback holds them
        run = runner.submit(threaded.get, graph, list(keys), pool=pool, callbacks=callbacks)
        try:
            while not wait([run], timeout=_INTERVAL).done:
                yield done
            run.result()
        except _StoppedError:
            pass
        finally:
            given_up.set()
    yield done


def _in_cluster(
    graph: Mapping[Any, Any], keys: Sequence[Any], stop: threading.Event, client: Any
) -> Iterator[int]:
    try:
        futures = client.get(graph, list(keys), sync=False, retries=_RETRIES)
    except Exception as error:  # pickling may fail in any way
        raise DeviceError(
            f"The tasks cannot be sent to the cluster: {first_line(error)}. Colour on this "
            "computer, without a cluster."
        ) from error
    waiting, clock, seen = set(futures), Clock(_PATIENCE / 20), time.monotonic()
    try:
        while waiting and not stop.is_set():
            stop.wait(_INTERVAL)
            finished = {future for future in waiting if future.done()}
            for future in finished:
                _check(future)
            if client.status != "running":
                raise DeviceError("The cluster is gone. Start it again, and resume.")
            if clock.is_due() and _has_workers(client):
                seen = time.monotonic()
            if time.monotonic() - seen > _PATIENCE:
                raise DeviceError(
                    "The cluster has no workers any more. Look at their logs: a worker ends if it "
                    "runs out of memory, or if it cannot read its task because "
                    f"{PROGRAM} or a package that it needs is missing there or has another "
                    "version. Then start them again, and resume."
                )
            waiting -= finished
            yield len(futures) - len(waiting)
    finally:
        if waiting:
            client.cancel(list(waiting))


def _has_workers(client: Any) -> bool:
    """Ask the scheduler, which may be busy or not answer at all."""
    try:
        return bool(client.sync(client.scheduler.ncores, callback_timeout=_PATIENCE))
    except (OSError, TimeoutError):
        return False


def _check(future: Any) -> None:
    """Raise the error of a cluster's task, if it failed."""
    if future.status == "finished":
        return
    error = future.exception() if future.status == "error" else None
    if isinstance(error, OneshotColorError | MemoryError):
        raise error
    raise DeviceError(
        f"The cluster failed: {first_line(error or future.status)}. Look at the workers' "
        "memory and logs, and make sure that the same versions are installed there; then resume."
    ) from error


def first_line(error: object) -> str:
    """Return the first line of an error's message, or its class if it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
