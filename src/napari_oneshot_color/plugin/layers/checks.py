"""Checks the chosen layers before a run starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.layers.targets import as_target, is_stack, target_in_view
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["pair_problem", "settings_from", "target_problem"]

_LARGEST_CHECKED = 16_000_000  # values; more would make the viewer stutter


def settings_from(values: dict[str, Any]) -> Settings | str:
    """Return settings, or a sentence that says what is wrong with the values."""
    try:
        return Settings.from_values(values)
    except BadSettingsError as error:
        return str(error)


def pair_problem(
    source: Image | None,
    target: Image | None,
    settings: Settings,
    point: Sequence[float],
    more_sources: Sequence[Image] = (),
) -> str | None:
    """Return a sentence that says why a pair of layers cannot be used, or None if it can.

    Parameters
    ----------
    source, target : napari.layers.Image or None
        The chosen layers, if there are any.
    settings : Settings
        For the sizes.
    point : sequence of float
        Position of the viewer's sliders in world coordinates, which selects the slice of a stack.
    more_sources : sequence of napari.layers.Image
        Further sources.
    """
    if source is None:
        return "Add a colour (RGB) image as the source: the colours are learnt from it."
    if source == target:  # napari gives plugins a new proxy each time
        return "Source and target are the same layer. Choose two different ones."
    if target is None:
        return (
            "Add a grey image as the target, which will be coloured. To recolour an "
            "image that is in colour, switch on 'Target luminance' in all settings."
        )
    for one in (source, *more_sources):
        problem = _source_problem(one, settings)
        if problem:
            return f"'{one.name}': {problem}" if more_sources else problem
    return target_problem(target, settings, point)


def _source_problem(source: Image, settings: Settings) -> str | None:
    from napari_oneshot_color.pair import problems

    data = snapshot(source, settings.largest_working_size).data
    look = problems.source_problem if _is_at_hand(data) else problems.source_shape_problem
    return look(data, settings)


def target_problem(
    target: Image | None, settings: Settings, point: Sequence[float] | None = None
) -> str | None:
    """Return a sentence that says why a layer cannot be coloured, or None if it can.

    Parameters
    ----------
    target : napari.layers.Image or None
        The chosen layer, if there is one.
    settings : Settings
        For the sizes.
    point : sequence of float, optional
        Position of the viewer's sliders in world coordinates, which selects the slice of a stack.
        By default, the whole stack is coloured, and its pixels are not checked: a damaged or
        blank slice does not rule out the others.
    """
    from napari_oneshot_color.pair import problems

    if target is None:
        return "Add a grey image as the target, which will be coloured."
    if is_stack(target):
        problem = problems.stack_problem(as_target(target).data, settings)
        if problem or point is None:
            return problem
    data = as_target(target).data if point is None else target_in_view(target, point).data
    look = problems.target_problem if _is_at_hand(data) else problems.target_shape_problem
    return look(data, settings)


def _is_at_hand(data: Any) -> bool:
    """Return whether every pixel can be checked quickly; the run checks them in any case."""
    return isinstance(data, np.ndarray) and data.size <= _LARGEST_CHECKED
