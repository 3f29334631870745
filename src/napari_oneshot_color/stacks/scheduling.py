"""Tasks computed on this computer's threads or in a cluster, with a count of what is done."""

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

_INTERVAL = 0.1  # seconds between two looks at what is done
_RETRIES = 3
_PATIENCE = 60.0  # seconds without any worker, or without a word from the scheduler


def thread_count(client: Any = None) -> int:
    """Count the threads that tasks are computed on, of this computer or of a cluster."""
    return core_count() if client is None else sum(client.nthreads().values())


def compute(
    graph: Mapping[Any, Any], keys: Sequence[Any], stop: threading.Event, client: Any = None
) -> Iterator[int]:
    """Compute some of a graph's tasks for what they do; their results are dropped.

    Parameters
    ----------
    graph : mapping
        Dask's own, optimised.
    keys : sequence
        The tasks wanted. They may be run twice where a worker of the cluster is lost.
    stop : threading.Event
        Once set, tasks that run are finished, and no other one is begun.
    client : distributed.Client, optional
        The cluster's; None computes on the threads of this computer.

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
    except Exception as error:  # what cannot be pickled may say so in any way
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
                    "The cluster has no workers any more. Look at their logs: one that runs out of "
                    f"memory ends, and so does one that cannot read its task, because {PROGRAM} or "
                    "a package that it needs is missing there or of another version. Then start "
                    "them again, and resume."
                )
            waiting -= finished
            yield len(futures) - len(waiting)
    finally:
        if waiting:
            client.cancel(list(waiting))


def _has_workers(client: Any) -> bool:
    """Ask the scheduler, who may be busy, or not answer at all."""
    try:
        return bool(client.sync(client.scheduler.ncores, callback_timeout=_PATIENCE))
    except (OSError, TimeoutError):
        return False


def _check(future: Any) -> None:
    """Raise what went wrong in a task of the cluster, if anything."""
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
    """Say in one line what an error says; its class where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
