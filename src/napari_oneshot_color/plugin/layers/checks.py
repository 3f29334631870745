"""What is wrong with a choice of layers, said before anything starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.layers.tones import as_target
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["pair_problem", "settings_from", "target_problem"]

_LARGEST_CHECKED = 16_000_000  # values: more would make the viewer stutter


def settings_from(values: dict[str, Any]) -> Settings | str:
    """Make settings, or say in a sentence why they cannot be."""
    try:
        return Settings.from_values(values)
    except BadSettingsError as error:
        return str(error)


def pair_problem(
    source: Image | None,
    target: Image | None,
    settings: Settings,
    more_sources: Sequence[Image] = (),
) -> str | None:
    """Say in a sentence why two layers cannot be coloured, or None if they can.

    Parameters
    ----------
    source, target : napari.layers.Image or None
        The chosen layers; None where there is none to choose.
    settings : Settings
        For the sizes.
    more_sources : sequence of napari.layers.Image
        The others, if there are several.
    """
    if source is None:
        return "Add a colour (RGB) image: it is the example that the colours are learnt from."
    if source == target:  # napari hands plugins a new proxy of a layer every time
        return "Source and target are the same layer. Choose two different ones."
    if target is None:
        return (
            "Add a grayscale image: it is what will be coloured. To colour a colour image anew, "
            "switch on 'target luminance' in all settings."
        )
    for one in (source, *more_sources):
        problem = _source_problem(one, settings)
        if problem:
            return f"'{one.name}': {problem}" if more_sources else problem
    return target_problem(target, settings)


def _source_problem(source: Image, settings: Settings) -> str | None:
    from napari_oneshot_color.pair import problems

    data = snapshot(source, settings.largest_working_size).data
    look = problems.source_problem if _is_at_hand(data) else problems.source_shape_problem
    return look(data, settings)


def target_problem(target: Image | None, settings: Settings, *, stacks: bool = False) -> str | None:
    """Say in a sentence why a layer cannot be coloured, or None if it can.

    Parameters
    ----------
    target : napari.layers.Image or None
        The chosen layer; None where there is none to choose.
    settings : Settings
        For the sizes.
    stacks : bool
        Whether a stack of images will do. Its pixels are not looked at: it is coloured slice by
        slice, and one that is damaged or blank is no reason against the others.
    """
    from napari_oneshot_color.pair import problems

    if target is None:
        return "Add a grayscale image: it is what will be coloured."
    data = (as_target if stacks else snapshot)(target).data
    if data.ndim > 2 and stacks:
        return problems.stack_problem(data, settings)
    if data.ndim > 2 and not target.rgb:
        return (
            f"'{target.name}' has {data.ndim} dimensions. Train on a single image, then use "
            "'Apply a trained colorizer' for the whole stack."
        )
    look = problems.target_problem if _is_at_hand(data) else problems.target_shape_problem
    return look(data, settings)


def _is_at_hand(data: Any) -> bool:
    """Whether looking at every pixel is quick; the run itself does so in any case."""
    return isinstance(data, np.ndarray) and data.size <= _LARGEST_CHECKED
