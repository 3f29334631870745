"""Computes the chroma fields of a stack's slices, and follows matched places from slice to slice.

Places are followed in chains. Each chain begins with a search, in a slice whose number is a
multiple of `LOOK_BACK`, and ends before the next such slice. So every slice depends only on a few
steadied slices before it, and has the same bytes whatever else is computed, and in whatever order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.colorizer.device import on_threads
from napari_oneshot_color.errors import translated_errors
from napari_oneshot_color.matching.copying import Match
from napari_oneshot_color.matching.following import find, follow
from napari_oneshot_color.pair.limits import refuse_nan
from napari_oneshot_color.stacks.keys import Key, Looking, beside
from napari_oneshot_color.stacks.recent import Recent
from napari_oneshot_color.stages.target import TargetStages
from napari_oneshot_color.types import Image

__all__ = ["LOOK_BACK", "chroma_lines"]

LOOK_BACK = 8
"""Slices in a chain; each depends on at most one fewer steadied slices before it."""

_Places = list[Match] | None  # one for each source; None for a slice that is constant or has NaN


def chroma_lines(
    working: da.Array, colorizer: Colorizer, shape: tuple[int, int], keys: Sequence[Key] = ()
) -> da.Array:
    """Make the chroma field of every slice, lazily.

    Parameters
    ----------
    working : dask.array.Array
        ``(…, h, w)`` float32 in [0, 1], in chunks of one slice: the stack at the working size.
        The axis before height and width begins at a multiple of `LOOK_BACK`.
    colorizer : Colorizer
        The colorizer to apply.
    shape : tuple of int
        Height and width of the slices at full size.
    keys : sequence of Key
        In the order of their slices, which are counted along that axis.

    Returns
    -------
    dask.array.Array
        ``(…, h, w, 4)`` float32: the lines of a `ChromaField`, in chunks of one slice.
    """
    token = dask.base.tokenize(colorizer, working.name, list(keys))
    name = f"oneshot-color-{token}"
    if colorizer.matcher is None or not colorizer.settings.correspondence:
        return working.map_blocks(
            _lines,
            dask.delayed(colorizer, pure=True),
            shape,
            dtype=np.float32,
            chunks=(*working.chunks, (4,)),
            new_axis=working.ndim,
            meta=np.empty((0,) * (working.ndim + 1), np.float32),
            name=name,
        )
    sent = dask.delayed(colorizer, pure=True)
    tasks: dict[Any, Any] = {}
    places = f"places-{name}"
    looking: dict[tuple[int, ...], str] = {}
    for index in np.ndindex(working.numblocks[:-2]):
        number = index[-1] if index else 0
        some = beside(keys, number)
        which = tuple(key.slice for key in some)
        if which not in looking:
            looking[which] = "-".join(map(str, ("looking", *which, name)))
            tasks[looking[which]] = (Looking, sent.key, some)
        grey = (working.name, *index, 0, 0)
        is_first = number % LOOK_BACK == 0 or beside(keys, number - 1) != some
        last = None if is_first else (places, *index[:-1], number - 1)
        label = "-".join(map(str, (places, *index)))
        tasks[(places, *index)] = (_followed, label, grey, looking[which], last)
        tasks[(name, *index, 0, 0, 0)] = (
            _looking_lines, grey, looking[which], (places, *index), number, shape,
        )  # fmt: skip
    graph = HighLevelGraph.from_collections(name, tasks, dependencies=[working, sent])
    meta = np.empty((0,) * (working.ndim + 1), np.float32)
    return da.Array(graph, name, (*working.chunks, (4,)), meta=meta)


_RECENT: Recent[list[Match]] = Recent(16)  # with about a megabyte for each source


def _followed(label: str, working: Image, looking: Looking, last: _Places) -> _Places:
    """Find the places that a slice shows, from those of the last slice."""
    known = _RECENT.get(label)
    if known is not None:
        return known
    grey = working.reshape(working.shape[-2:])
    if not np.ptp(grey) > 0:  # constant, or with NaN
        return None
    with on_threads(1), translated_errors():
        matcher = looking.matcher
        places = find(matcher, grey) if last is None else follow(matcher, grey, last)
    _RECENT.keep(label, places)
    return places


def _looking_lines(
    working: Image, looking: Looking, places: _Places, number: int, shape: tuple[int, int]
) -> Image:
    return _lines(working, looking.colorizer, shape, looking, places, number)


def _lines(
    working: Image,
    colorizer: Colorizer,
    shape: tuple[int, int],
    looking: Looking | None = None,
    places: _Places = None,
    number: int = 0,
) -> Image:
    """Make the chroma field of one slice: ``(…, h, w, 4)`` float32; raise if it has NaN."""
    grey = working.reshape(working.shape[-2:])
    refuse_nan(grey)
    if np.ptp(grey) == 0:
        return np.zeros((*working.shape, 4), np.float32)
    with on_threads(1), translated_errors():  # dask has a thread for every core
        matcher, shares = colorizer.matcher, None
        if looking is not None:
            matcher, shares = looking.matcher, looking.shares(number)
        stages = TargetStages(grey, colorizer.settings, matcher, matches=places, shares=shares)
        field = stages.field(colorizer, shape)
    return field.lines.reshape(*working.shape, 4)
