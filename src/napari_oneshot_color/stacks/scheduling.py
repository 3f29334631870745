"""Tasks computed on this computer's threads or in a cluster, with a count of what is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from dask import threaded

from napari_oneshot_color.colorizer.device import core_count
from napari_oneshot_color.errors import DeviceError, OneshotColorError
from napari_oneshot_color.versions import PROGRAM, installed_version

__all__ = ["check_cluster", "compute", "thread_count"]

_INTERVAL = 0.1  # seconds between two looks at what is done
_RETRIES = 3


def thread_count(client: Any = None) -> int:
    """Count the threads that tasks are computed on, of this computer or of a cluster."""
    return core_count() if client is None else sum(client.nthreads().values())


def check_cluster(client: Any) -> None:
    """Make sure that a cluster's scheduler and workers have this program, in this version.

    Tasks that they cannot import may never be begun, and nobody would be told.

    Raises
    ------
    DeviceError
        If they have not.
    """
    here = installed_version(PROGRAM)
    try:
        there = client.run(installed_version, PROGRAM)
        there["the scheduler"] = client.run_on_scheduler(installed_version, PROGRAM)
    except Exception as error:  # the import of anything may fail there, in any way
        raise DeviceError(
            f"The cluster cannot run this program: {_first_line(error)}. Install {PROGRAM} where "
            "its scheduler and its workers run, in the same version as here."
        ) from error
    for place, version in there.items():
        if version != here:
            raise DeviceError(
                f"{PROGRAM} is {here} here, and {version} at {place} of the cluster. Install the "
                "same version everywhere."
            )


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
    futures = client.get(graph, list(keys), sync=False, retries=_RETRIES)
    waiting = set(futures)
    try:
        while waiting and not stop.is_set():
            stop.wait(_INTERVAL)
            finished = {future for future in waiting if future.done()}
            for future in finished:
                _check(future)
            if client.status != "running":
                raise DeviceError("The cluster is gone. Start it again, and resume.")
            waiting -= finished
            yield len(futures) - len(waiting)
    finally:
        if waiting:
            client.cancel(list(waiting))


def _check(future: Any) -> None:
    """Raise what went wrong in a task of the cluster, if anything."""
    if future.status == "finished":
        return
    error = future.exception() if future.status == "error" else None
    if isinstance(error, OneshotColorError | MemoryError):
        raise error
    raise DeviceError(
        f"The cluster failed: {_first_line(error or future.status)}. Look at the workers' "
        "memory and logs, and make sure that the same versions are installed there; then resume."
    ) from error


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
