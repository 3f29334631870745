"""The colours of a Labels layer of hints: each label is shown in the colour of its hint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.types import Color

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = [
    "add_color",
    "add_colors",
    "colormap_of",
    "colors_of",
    "noted_labels",
    "rgb",
    "set_color",
]

_MOST = 255  # labels; napari draws 8-bit labels fastest
_NOTHING = (0.0, 0.0, 0.0, 0.0)

Named = tuple[NDArray[np.integer], dict[int, Color]]


def noted_labels(layer: Labels) -> Callable[[], Named]:
    """Return a function that reads a layer's labels and colours; this itself is quick.

    Returns
    -------
    callable
        Returns a copy of the labels, ``(H, W)`` uint8 or int32, and their colours. This takes
        seconds for a large layer: call it in a thread. If a stroke is in progress, the copy may be
        incomplete; call it again after the stroke.
    """
    return partial(_copied, layer.data, layer.colormap)


def colors_of(layer: Labels) -> dict[int, Color]:
    """Return the colours in which a layer shows its labels, sRGB in [0, 1]."""
    selected = int(layer.selected_label)
    return _colors(layer.colormap, layer.data, also=[selected] if selected else [])


def set_color(layer: Labels, label: int, color: Color) -> None:
    """Set the colour of a label, which is also the colour of the hint."""
    add_colors(layer, {label: color})


def add_colors(layer: Labels, colors: Mapping[int, Color]) -> None:
    """Set the colours of some labels, and keep the others."""
    before = colors_of(layer)
    if {**before, **colors} != before:
        layer.colormap = colormap_of({**before, **colors})


def add_color(layer: Labels, color: Color) -> int:
    """Return the label of a colour; a new colour gets a new label.

    Raises
    ------
    BadPairError
        If there is no label left.
    """
    taken = colors_of(layer)
    for label, other in taken.items():
        if np.allclose(color, other, rtol=0, atol=1e-4):
            return label
    free = [label for label in range(1, _MOST + 1) if label not in taken]
    if not free:
        raise BadPairError(f"A hints layer has {_MOST} colours at most. Change one of them.")
    set_color(layer, free[0], color)
    return free[0]


def colormap_of(colors: dict[int, Color]) -> Any:
    """Return the colormap that shows labels in their colours, and hides all others."""
    from napari.utils.colormaps import DirectLabelColormap

    shown: Any = {None: _NOTHING, 0: _NOTHING}
    return DirectLabelColormap(color_dict={**shown, **colors})


def rgb(color: Any) -> Color:
    """Return red, green and blue of a napari colour, without its alpha."""
    red, green, blue = (float(part) for part in color[:3])
    return red, green, blue


def _copied(data: Any, colormap: Any) -> Named:
    # keep 8 bit: copying four times as much takes ten times as long
    is_small = np.dtype(data.dtype) == np.uint8
    labels: NDArray[np.integer] = np.array(data, np.uint8 if is_small else np.int32)
    return labels, _colors(colormap, labels)


def _colors(colormap: Any, data: Any, also: Collection[int] = ()) -> dict[int, Color]:
    from napari.utils.colormaps import DirectLabelColormap

    if isinstance(colormap, DirectLabelColormap):
        shown = colormap.color_dict.items()
        return {label: rgb(color) for label, color in shown if label and color[3] > 0}
    labels = np.asarray(data)
    used = np.unique(labels[labels != 0]).tolist()  # few pixels are painted: quick
    return {label: rgb(colormap.map(label)) for label in sorted({*used, *also})}
