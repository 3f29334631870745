"""Chooses the values of a stack that become 0 and 1: one pair for the whole stack."""

from __future__ import annotations

from typing import Any

import dask
import dask.array as da
import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.limits import LEAST_RANGE, dtype_limits
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.types import Limits

__all__ = ["stack_limits"]

_AT_ONCE = 256  # slices whose range is computed together


def stack_limits(stack: Any) -> Limits:
    """Choose the values that become 0 and 1, one pair for a whole stack.

    Parameters
    ----------
    stack : array or StoredStack
        Any shape and real dtype, perhaps lazy.

    Returns
    -------
    tuple of float
        The range of the dtype for bool and unsigned integers of 8 and 16 bits; else 0 and 1, if all
        values lie there; else the smallest and the largest one.

    Raises
    ------
    BadPairError
        If the stack holds NaN or infinite values, is empty, or has no real dtype.
    """
    walked = isinstance(stack, StoredStack)
    stack = stack if walked else da.asanyarray(stack)
    if stack.dtype.kind not in "buif" or 0 in stack.shape:
        raise BadPairError(
            f"A stack of shape {stack.shape} and dtype {stack.dtype} has no grey values. Choose "
            "another array."
        )
    limits = dtype_limits(stack.dtype)
    if limits is not None:
        return limits
    parts = stack.parts(_AT_ONCE) if walked else iter([stack])
    ranges = [dask.compute(part.min(), part.max()) for part in parts]
    low, high = np.min([one for one, _ in ranges]).item(), np.max([one for _, one in ranges]).item()
    if not (np.isfinite(float(low)) and np.isfinite(float(high))):
        raise BadPairError(
            "The stack holds NaN or infinite values. Replace them, for example by zero."
        )
    if stack.dtype.kind == "f" and low >= 0 and high <= 1:
        if 0 < high - low < LEAST_RANGE:
            raise BadPairError(
                f"The stack reaches only from {low:g} to {high:g}, and floats between 0 and 1 are "
                "taken as they are. Give its limits."
            )
        return 0, 1
    return (low, high) if high > low else (low, low + 1)
