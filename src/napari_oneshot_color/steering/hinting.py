"""Correction of a result by hints, and colouring of a target from hints alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.pair.checks import check_kind
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.pair.prepare import prepare_target
from napari_oneshot_color.pair.sizes import working_shape
from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.color import colored_in_strips
from napari_oneshot_color.pixels.resizing import resized, shrunk
from napari_oneshot_color.result.result import Result, check_steerable
from napari_oneshot_color.settings import Settings, settings_or_default
from napari_oneshot_color.settings.fixed import WORKING_SIZES
from napari_oneshot_color.steering.propagation import Propagation
from napari_oneshot_color.types import Image, Limits

__all__ = ["apply_hints", "colorize_from_hints"]

_UNKNOWN = 8.0  # assumed uncertainty of a result without an estimate, in units of a* and b*


def apply_hints(result: Result, hints: Hints) -> Result:
    """Correct a result with hints, without training.

    A hint spreads over smooth grey and fades with distance; it fades sooner where the result was
    more certain. Painted pixels get exactly their a* and b*.

    Parameters
    ----------
    result : Result
        The result to correct; it is not modified. If the hints change, apply them to the result
        without hints again.
    hints : Hints
        Labels at the target's full size, and their colours.

    Returns
    -------
    Result
        A copy with new `final` and `lab`, and a lower `uncertainty` around the hints.

    Raises
    ------
    BadPairError
        If the hints do not have the target's size, or the result already follows hints or is
        faded.
    """
    check_steerable(result)
    _check(hints)
    hints.check_size(result.target.shape)
    shape = _spreading_shape(result.target.shape)
    grey = shrunk(result.target, shape)
    before = result.lab[..., 1:]
    wanted, given = hints.shrunk(shape)
    if result.uncertainty is None:
        uncertainty = np.full(shape, _UNKNOWN, np.float32)
    else:
        uncertainty = resized(result.uncertainty, shape)
    change = wanted - shrunk(before, shape)
    values = np.dstack([change, np.ones(shape, np.float32)])
    spread = Propagation(grey).spread(values, given, uncertainty)
    field = _field(spread[..., :2], grey, result.target.shape, result.colorizer.settings)
    final, lab, clipped = colored_in_strips(
        result.target,
        lambda rows: hints.painted(before[rows] + field.in_rows(result.target, rows), rows),
    )
    return replace(
        result,
        uncertainty=_settled(result.uncertainty, spread[..., 2]),
        final=final,
        lab=lab,
        hints=hints,
        record=result.record.replace(hints=hints.record, clipped_fraction=clipped),
    )


def colorize_from_hints(
    target: NDArray[np.generic],
    hints: Hints,
    settings: Settings | None = None,
    *,
    target_limits: Limits | None = None,
) -> Image:
    """Colour a target from hints alone, without a source and without training.

    The colours spread over the whole image, as in Levin, Lischinski and Weiss (2004).

    Parameters
    ----------
    target : ndarray
        ``(H, W)``, any real dtype.
    hints : Hints
        Labels of the same size, and their colours.
    settings : Settings, optional
        For the upsampling of colour; by default preset ``best``.
    target_limits : tuple of float, optional
        As in `pipeline.colorize_steps`.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.

    Raises
    ------
    BadPairError
        If the target cannot be used, or the hints do not have its size.
    """
    settings = settings_or_default(settings)
    _check(hints)
    prepared = prepare_target(target, settings, target_limits)
    hints.check_size(prepared.full.shape)
    shape = _spreading_shape(prepared.full.shape)
    grey = shrunk(prepared.full, shape)
    wanted, given = hints.shrunk(shape)
    ab = Propagation(grey).spread(wanted, given)
    field = _field(ab, grey, prepared.full.shape, settings)
    grey = prepared.full
    return colored_in_strips(grey, lambda rows: hints.painted(field.in_rows(grey, rows), rows))[0]


def _check(hints: object) -> None:
    check_kind(
        hints, Hints, "The hints are", "Give Hints(labels, colors), or read them with read_hints."
    )


def _settled(uncertainty: Image | None, reach: Image) -> Image | None:
    """Reduce the uncertainty around hints, and set it to 0 where they are."""
    if uncertainty is None:
        return None
    shape = (uncertainty.shape[0], uncertainty.shape[1])
    return uncertainty * (1 - np.clip(resized(reach, shape), 0, 1))


def _spreading_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the size at which colours spread; the time grows faster than the pixels."""
    return working_shape(shape[0], shape[1], WORKING_SIZES[0])


def _field(ab: Image, grey: Image, full: tuple[int, ...], settings: Settings) -> ChromaField:
    if grey.shape == full:
        return ChromaField.exact(ab)
    return ChromaField.over(ab, grey, settings)
