"""Removal of uncertain colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pixels.color import colored, colored_in_strips
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.result.result import Result, check_steerable
from napari_oneshot_color.types import Image

__all__ = ["fade", "faded_sample"]

_FADED = 1.5  # times the threshold: no colour is left


def fade(result: Result, threshold: float) -> Result:
    """Remove the colour where it is too uncertain, and leave the target's own grey.

    Parameters
    ----------
    result : Result
        The result; it is not modified.
    threshold : float
        Uncertainty, in units of a* and b*, at which the colour begins to fade; at 1.5 times this
        value no colour is left. Infinity fades nothing.

    Returns
    -------
    Result
        A copy with new `final` and `lab`.

    Raises
    ------
    BadPairError
        If the result has no uncertainty, as with presets ``paper`` and ``quick``, or is faded
        already, or if the threshold is negative or not a number.
    """
    if not (isinstance(threshold, int | float | np.number) and threshold >= 0):
        raise BadPairError(f"The threshold is {threshold!r}. Give a number of 0 or more.")
    check_steerable(result, may_follow_hints=True)
    if result.uncertainty is None:
        raise BadPairError(
            "This result has no uncertainty. Choose the preset 'best', or another one with "
            "network 'chroma'."
        )
    if threshold == np.inf:
        return result
    share = _kept(result.uncertainty, threshold, result.target.shape)
    final, lab, clipped = colored_in_strips(
        result.target, lambda rows: result.lab[rows, :, 1:] * share[rows, :, None]
    )
    record = result.record.replace(faded_above=float(threshold), clipped_fraction=clipped)
    return replace(result, final=final, lab=lab, record=record)


def faded_sample(result: Result, threshold: float, step: int) -> Image:
    """Apply `fade` to a sample of the pixels, for a quick preview of a large image.

    Parameters
    ----------
    result : Result
        A result with an uncertainty, not faded yet; it is not modified.
    threshold : float
        As in `fade`.
    step : int
        Every `step`-th row and column is used, starting at ``step // 2``.

    Returns
    -------
    ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    """
    assert result.uncertainty is not None
    some = slice(step // 2, None, step), slice(step // 2, None, step)
    grey = result.target[some]
    share = _kept(result.uncertainty, threshold, grey.shape)
    return colored(grey, result.lab[some][..., 1:] * share[..., None])[0]


def _kept(uncertainty: Image, threshold: float, shape: tuple[int, ...]) -> Image:
    """Return the share of the colour that is kept, ``(H, W)`` float32 in [0, 1]."""
    if threshold > 0:
        kept = np.interp(uncertainty, [threshold, _FADED * threshold], [1.0, 0.0])
    else:
        kept = np.where(uncertainty < threshold, 1.0, 0.0)
    return resized(kept.astype(np.float32), (shape[0], shape[1]))
