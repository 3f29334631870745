"""Scaling of images to [0, 1]: the values that become 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.checks import check_limits
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = ["LEAST_RANGE", "dtype_limits", "refuse_nan", "rescaled", "scaled", "scaled_as_said"]

LEAST_RANGE = 1e-6
"""Smallest range of an image, relative to the full one: 16-bit steps are 15 times as large."""


def scaled(image: AnyArray, limits: Limits) -> Image:
    """Scale an image of any real dtype to float32: `limits` become 0 and 1, the rest is clipped.

    Integers that no float represents exactly keep their precision relative to the limits.

    Raises
    ------
    BadPairError
        If the image holds NaN.
    """
    result = rescaled(image, limits)
    if image.dtype.kind == "f":
        refuse_nan(result)
    return result


def rescaled(image: AnyArray, limits: Limits) -> Image:
    """Do the same as `scaled`, but let NaN pass."""
    low, high = limits
    if image.dtype.kind in "iu" and image.dtype.itemsize == 8 and isinstance(low, int):
        lowest = max(low, int(np.iinfo(image.dtype).min))
        offset = np.array(lowest, image.dtype).astype(np.uint64)  # differences wrap around
        image = np.maximum(image, lowest).astype(np.uint64) - offset
        low, high = low - lowest, high - lowest
    values = image.astype(np.result_type(image.dtype, np.float32))
    if high / 2 - low / 2 > np.finfo(values.dtype).max / 2:
        values *= 0.5  # avoid overflow of the difference
        low, high = low / 2, high / 2
    values -= low  # in place: memory may hold only a few copies of a large image
    values /= high - low
    result: Image = np.clip(values, 0, 1, out=values).astype(np.float32, copy=False)
    return result


def refuse_nan(image: Image) -> None:
    """Check that an image has no NaN.

    Raises
    ------
    BadPairError
        If it has.
    """
    if np.isnan(image).any():
        raise BadPairError("There are NaN values. Replace them, for example with zero.")


def dtype_limits(dtype: np.dtype[Any]) -> Limits | None:
    """Return the values that become 0 and 1 for a dtype; None if the image's own range decides.

    Unsigned integers of 8 and 16 bits use their whole range. With 32 bits, hardly any image does,
    and it would be black.
    """
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "u" and dtype.itemsize <= 2:
        return 0, float(np.iinfo(dtype).max)
    return None


def scaled_as_said(
    image: AnyArray, limits: Limits | None, name: str
) -> tuple[Image, tuple[str, ...]]:
    """Scale an image of any real dtype to float32 in [0, 1]; note the limits if they were guessed.

    Parameters
    ----------
    image : ndarray
        Any shape and real dtype.
    limits : tuple of float or None
        Values that become 0 and 1; None uses `dtype_limits`, or the image's own range.
    name : str
        Name of the image, for messages.

    Returns
    -------
    image : ndarray
        float32 in [0, 1].
    notes : tuple of str
        Sentences for the user.

    Raises
    ------
    BadPairError
        If the limits are not two numbers in ascending order, or the image is constant between
        them.
    """
    notes: tuple[str, ...] = ()
    if limits is None:
        limits = dtype_limits(image.dtype)
    if limits is None:
        low, high = image.min().item(), image.max().item()
        limits = (0, 1)
        if image.dtype.kind != "f" or low < 0 or high > 1:
            limits = (low, high)
            notes = (f"'{name}' was scaled from its own range, {low:g} to {high:g}.",)
    elif limits == dtype_limits(image.dtype):
        notes = _dark_note(image, name)
    low, high = check_limits(limits, name)
    full = scaled(image, (low, high))
    if np.ptp(full) < LEAST_RANGE:
        raise BadPairError(
            f"'{name}' is constant between its limits, {low:g} and {high:g}. Give other limits, or "
            "choose an image with content."
        )
    return full, notes


def _dark_note(image: AnyArray, name: str) -> tuple[str, ...]:
    """Return a note if an image looks like 10- to 14-bit data in a 16-bit file, which is dark."""
    if image.dtype.kind != "u" or image.dtype.itemsize != 2:
        return ()
    highest = int(image.max())
    bits = next((bits for bits in (10, 12, 14) if highest < 2**bits), None)
    if bits is None:
        return ()
    return (
        f"'{name}' reaches only {highest} of 65535, like {bits}-bit data in a 16-bit file. "
        f"If it looks too dark, give its limits: 0 and {2**bits - 1}.",
    )
