"""Writes coloured stacks in zarr, chunk by chunk.

Writing can be interrupted at any moment, even by killing the process: the folder appears with its
metadata or not at all, each chunk likewise, and a later run computes what is missing.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import zarr
from dask.array.optimization import optimize
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadFileError, translated_errors
from napari_oneshot_color.files.writing import only_writer, write_errors_told
from napari_oneshot_color.progress import Clock, Progress
from napari_oneshot_color.stacks import scheduling
from napari_oneshot_color.stacks.windows import Listed, Walked, windows
from napari_oneshot_color.stacks.zarr_store import (
    RECORD,
    can_resume,
    create,
    fingerprint_of,
    is_complete,
)
from napari_oneshot_color.types import AnyArray

__all__ = ["write_steps"]

_INTERVAL = 0.1  # seconds between two calls of `later`
_BATCH = 32  # slices at least; a batch waits for its last slice


def write_steps(
    colored: da.Array | Walked,
    path: str | Path,
    *,
    attributes: Mapping[str, Any],
    later: Callable[[], Mapping[str, Any] | None] = dict,
    axes: Sequence[str] | None = None,
    scale: Sequence[float] | None = None,
    units: Sequence[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    stop: threading.Event | None = None,
    client: Any = None,
) -> Generator[Progress, None, None]:
    """Compute a coloured stack and write it as a zarr v3 array, step by step.

    Parameters
    ----------
    colored : dask.array.Array or Walked
        ``(…, H, W, 3)``, as `lazy.colorize_stack` or `lazy.ColoredStack` makes it.
    path : str or Path
        The folder to create; the workers of a cluster must see it under the same name.
    attributes : mapping
        What the colours depend on, JSON-compatible. It is kept as provenance, and a stack that was
        begun is continued only if it is the same.
    later : callable
        Returns what else the colours depend on, such as the checksum of a large file, or None while
        it is not known. It replaces attributes of the same name, and the stack is complete only
        with it. A stack that was left before it was known is made anew.
    axes, scale, units : sequence, optional
        Those of the grey stack; see `StoredStack`.
    resume : bool
        Whether to continue a stack that was begun, and compute only what is missing.
    overwrite : bool
        Whether to replace a stack that this program wrote; with `resume`, only one that was made
        from something else.
    stop : threading.Event, optional
        Once set, the run ends soon; it leaves a stack that can be read and resumed.
    client : distributed.Client, optional
        Client of the cluster that computes; None takes this computer's threads.

    Yields
    ------
    Progress
        About ten a second, with stage ``chunks``; or ``reading`` while only `later` is missing.

    Raises
    ------
    BadFileError
        If the folder exists and is not to be resumed or overwritten, cannot be written, or another
        run is writing to it.
    OutOfMemoryError, DeviceError
        If the device or the cluster failed.
    """
    path, stop, clock = Path(path).absolute(), stop or threading.Event(), Clock()
    if isinstance(colored, da.Array):
        colored = Listed(colored.rechunk((*colored.chunksize[:-1], -1)))
    names = _names(axes)
    record = {**attributes, "fingerprint": _fingerprint(attributes, colored), "complete": False}
    described: dict[str, Any] = {RECORD: record}
    for key, value, last in (("axes", names, None), ("scale", scale, 1.0), ("units", units, "")):
        if value is not None:
            described[key] = [*value] if last is None else [*value, last]
    with translated_errors(), only_writer(path):
        known = (yield from _waited(later, stop)) if resume and os.path.lexists(path) else {}
        if known is None:
            return
        if not can_resume(path, record, known, resume=resume, overwrite=overwrite):
            create(path, colored, described, names)
            known = {}
        array = zarr.open_array(path, mode="r+").with_config({"write_empty_chunks": True})
        total = math.prod(
            -(-side // chunk) for side, chunk in zip(array.shape, array.chunks, strict=True)
        )
        done = found = 0
        yield Progress("chunks", 0, total)
        leading = len(colored.shape) - 3
        count = max(_BATCH, 4 * scheduling.thread_count(client))
        for window in windows(colored.shape[:leading], colored.chunksize[:leading], count):
            starts = tuple(one.start for one in window)
            written = _written(colored.part(window), starts, array, path, record["fingerprint"])
            blocks = list(np.ndindex(written.numblocks))
            missing = [one for one in blocks if not _is_there(array, path, _at(starts, one))]
            found += len(blocks) - len(missing)
            done += len(blocks) - len(missing)
            keys = [(written.name, *one) for one in missing]
            for count_done in (
                scheduling.compute(optimize(written.dask, keys), keys, stop, client) if keys else ()
            ):
                if clock.is_due():
                    left = clock.seconds_left(done + count_done - found, total - found)
                    yield Progress("chunks", done + count_done, total, seconds_left=left)
                    if not known and (known := later() or {}):  # from now on it can be resumed
                        array.update_attributes({RECORD: {**record, **known}})
            if stop.is_set():
                return
            done += len(missing)
            if not all(_is_there(array, path, _at(starts, one)) for one in missing):
                raise BadFileError(
                    f"Parts of '{path}' are missing though they were written. If a cluster "
                    "computes, its workers must see the same folder."
                )
        known = yield from _waited(later, stop)
        if known is None:
            return
        _check_still_ours(path, record["fingerprint"])
        if not is_complete(path):
            array.update_attributes({RECORD: {**record, **known, "complete": True}})
        yield Progress("chunks", total, total)


def _waited(
    later: Callable[[], Mapping[str, Any] | None], stop: threading.Event
) -> Generator[Progress, None, Mapping[str, Any] | None]:
    """Wait for the result of `later`; None if the run was stopped."""
    while (known := later()) is None and not stop.wait(_INTERVAL):
        yield Progress("reading", 0, 0)
    return known


def _names(axes: Sequence[str] | None) -> tuple[str, ...] | None:
    """Name the axes of the coloured stack: those of the grey one, and one for the colours."""
    if axes is None:
        return None
    return (*axes, "rgb" if "c" in axes else "c")


def _fingerprint(attributes: Mapping[str, Any], colored: Walked) -> str:
    """Return the SHA-256, in hexadecimal, of all that the bytes of the chunks depend on."""
    grid = {"shape": colored.shape, "chunks": colored.chunksize, "dtype": colored.dtype.str}
    described = json.dumps([dict(attributes), grid], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()


def _is_there(array: zarr.Array[Any], path: Path, index: tuple[int, ...]) -> bool:
    try:
        return (path / array.metadata.encode_chunk_key(index)).stat().st_size > 0
    except OSError:
        return False


def _at(starts: tuple[int, ...], block: tuple[int, ...]) -> tuple[int, ...]:
    """Convert a block's index in a window to that in the whole stack; chunks are of one slice."""
    leading = (start + one for start, one in zip(starts, block, strict=False))
    return (*leading, *block[len(starts) :])


def _check_still_ours(path: Path, fingerprint: str) -> None:
    """Refuse to mix two runs: another one may have replaced the store meanwhile."""
    found = fingerprint_of(path)
    if found is None:
        raise BadFileError(f"The folder '{path}' is gone, or a worker cannot see it.")
    if found != fingerprint:
        raise BadFileError(
            f"'{path}' was overwritten by another run, which this one leaves alone. Choose another "
            "name for one of them."
        )


def _written(
    colored: da.Array,
    starts: tuple[int, ...],
    array: zarr.Array[Any],
    path: Path,
    fingerprint: str,
) -> da.Array:
    """Write each chunk as soon as it is computed; the result has only a flag for each."""
    return colored.map_blocks(
        partial(_write_chunk, starts=starts, array=array, path=path, fingerprint=fingerprint),
        dtype=bool,
        chunks=tuple((1,) * count for count in colored.numblocks),
        meta=np.empty((0,) * colored.ndim, bool),
        name=f"write-{colored.name}",
    )


def _write_chunk(
    pixels: AnyArray,
    block_id: tuple[int, ...],
    *,
    starts: tuple[int, ...],
    array: zarr.Array[Any],
    path: Path,
    fingerprint: str,
) -> NDArray[np.bool_]:
    _check_still_ours(path, fingerprint)
    blocks = _at(starts, block_id)
    corners = (number * size for number, size in zip(blocks, array.chunks, strict=True))
    region = tuple(
        slice(start, start + size) for start, size in zip(corners, pixels.shape, strict=True)
    )
    with write_errors_told(path):
        array[region] = pixels
    return np.ones((1,) * pixels.ndim, bool)
