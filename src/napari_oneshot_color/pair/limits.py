"""The values that become 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["dtype_limits", "scaled"]


def scaled(image: AnyArray, limits: Limits) -> Image:
    """Bring any real dtype to float32: `limits` become 0 and 1, what is beyond is clipped.

    Raises
    ------
    BadPairError
        If the image holds NaN.
    """
    low, high = limits
    values = image.astype(np.result_type(image.dtype, np.float32))
    values -= low  # in place: a large image fits into the memory only a few times
    values /= high - low
    result: Image = np.clip(values, 0, 1, out=values).astype(np.float32, copy=False)
    if image.dtype.kind == "f" and np.isnan(result).any():
        raise BadPairError("There are NaN values. Replace them, for example by zero.")
    return result


def dtype_limits(dtype: np.dtype[Any]) -> Limits | None:
    """Give the values that become 0 and 1 for a dtype; None where the image's own range tells.

    Integers of 8 and 16 bits, unsigned, take their whole range. Of 32 bits, hardly any image uses
    it: it would be black.
    """
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return 0, float(np.iinfo(dtype).max)
    return None
