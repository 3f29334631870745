"""Computes lazy arrays without dask's callbacks, such as a viewer's cache."""

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

    dask's callbacks are those of the whole process. While napari slices a layer, its cache is one,
    and is not thread-safe: a computation in another thread may fail with a ``KeyError``.

    Parameters
    ----------
    *arrays : array
        Arrays, which may be lazy.
    scheduler : str, optional
        A scheduler of dask; None uses the default, which may be a cluster.

    Returns
    -------
    list of ndarray
        The arrays in order.
    """
    get = get_scheduler(scheduler=scheduler) or threaded.get
    if get in (threaded.get, local.get_sync):
        get = partial(get, callbacks=())  # without callbacks, such as the cache
    return [np.asarray(array) for array in dask.compute(*arrays, scheduler=get)]
