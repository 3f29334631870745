"""What the user selected in the list of layers, as sources and a target."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_oneshot_color.plugin.layers.snapshot import is_color
from napari_oneshot_color.plugin.layers.tones import TONES

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Layer

__all__ = ["selected_pair"]


def selected_pair(
    layers: LayerList, is_offered: Callable[[Layer], bool]
) -> tuple[list[Layer], Layer] | None:
    """Return the sources and the target: one or more layers in colour, and one in grey.

    Parameters
    ----------
    layers : napari.components.LayerList
        The viewer's, with its selection.
    is_offered : callable
        Says of a layer whether it may be either.

    Returns
    -------
    tuple or None
        Nothing, if anything else is selected.
    """
    chosen = [layer for layer in layers if layer in layers.selection and is_offered(layer)]
    grays = [layer for layer in chosen if TONES.is_target(layer)]
    colors = [layer for layer in chosen if is_color(layer) and layer not in grays]
    if len(grays) == 1 and colors and len(chosen) == len(colors) + 1:
        return colors, grays[0]
    return None
