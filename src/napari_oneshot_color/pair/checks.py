"""Checks of arguments: arrays, limits, colours, weights."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from napari_oneshot_color.errors import BadPairError, OneshotColorError
from napari_oneshot_color.types import AnyArray, Limits

__all__ = ["as_array", "check_array", "check_kind", "check_limits", "is_color", "is_weight"]

T = TypeVar("T")


def check_kind(
    given: object,
    kind: type[T],
    subject: str,
    advice: str,
    error: type[OneshotColorError] = BadPairError,
) -> T:
    """Check the type of an argument.

    Parameters
    ----------
    given : object
        The argument.
    kind : type
        The required type.
    subject, advice : str
        Beginning and end of the message, such as ``The hints are`` and ``Give Hints.``
    error : type
        The class of the error.

    Raises
    ------
    OneshotColorError
        If the argument is of another type.
    """
    if not isinstance(given, kind):
        raise error(f"{subject} {_named(given)}. {advice}")
    return given


def check_array(given: Any, subject: str) -> None:
    """Check that an argument is an array, which may be lazy.

    Raises
    ------
    BadPairError
        If it is not.
    """
    if not (hasattr(given, "shape") and hasattr(given, "dtype")):
        raise BadPairError(
            f"{subject} {_named(given)}, not an array. Give pixels, such as read_image returns."
        )
    if np.ma.isMaskedArray(getattr(given, "_meta", given)) and np.ma.is_masked(given):
        raise BadPairError(
            f"{subject} partly masked. Fill the masked pixels, for example with zero."
        )


def as_array(given: Any, subject: str) -> AnyArray:
    """Convert an array of any library to NumPy.

    Raises
    ------
    BadPairError
        If it is not an array.
    """
    check_array(given, subject)
    return np.asarray(given)


def check_limits(given: Any, name: str) -> Limits:
    """Check that limits are two numbers in ascending order.

    Parameters
    ----------
    given : object
        The limits.
    name : str
        Name of the image, for the message.

    Raises
    ------
    BadPairError
        If they are not.
    """
    try:
        low, high = (_number(limit) for limit in given)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadPairError(
            f"The limits of '{name}' are {given!r}. Give two numbers: what becomes black and what "
            "becomes white."
        ) from error
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        raise BadPairError(
            f"The limits of '{name}' are {low:g} and {high:g}: the upper must exceed the lower."
        )
    return low, high


def _number(limit: Any) -> float:
    """Convert a limit to float; an integer that no float represents exactly is kept."""
    if isinstance(limit, int | np.integer) and int(float(limit)) != limit:
        return int(limit)
    return float(limit)


def is_color(given: object) -> bool:
    """Return whether an object is a colour: red, green and blue in [0, 1]."""
    try:
        color = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        return False
    return color.shape == (3,) and bool(((color >= 0) & (color <= 1)).all())


def is_weight(given: object) -> bool:
    """Return whether an object is a finite number above 0."""
    return isinstance(given, int | float | np.number) and bool(np.isfinite(given) and given > 0)


def _named(given: object) -> str:
    return repr(given) if given is None or isinstance(given, str) else f"a {type(given).__name__}"
