"""Lazy arrays computed beside napari: outside its cache, which knows but one thread."""

from __future__ import annotations

from functools import partial
from typing import Any

import dask
import numpy as np
from dask import local, threaded
from dask.base import get_scheduler
from numpy.typing import NDArray

__all__ = ["computed"]


def computed(*arrays: Any, scheduler: str | None = None) -> list[NDArray[Any]]:
    """Compute arrays, in any thread.

    While napari slices a layer, every computation in the process goes through its global cache. It
    is not made for several threads: one that computes meanwhile fails with a ``KeyError``.

    Parameters
    ----------
    *arrays : array
        Lazy or not.
    scheduler : str, optional
        dask's; None takes its default, which may be a cluster.

    Returns
    -------
    list of ndarray
        In their order.
    """
    get = get_scheduler(scheduler=scheduler) or threaded.get
    if get in (threaded.get, local.get_sync):
        get = partial(get, callbacks=())  # else all that are registered, the cache among them
    return [np.asarray(array) for array in dask.compute(*arrays, scheduler=get)]
