"""The kinds of layers that a run can have, and their appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_oneshot_color.plugin.layers.snapshot import file_name
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

if TYPE_CHECKING:
    from napari.layers import Image, Labels

__all__ = ["BYTES", "LAB", "LAYERS", "STAGES", "is_colored", "layer_name", "new_layer"]

LAYERS = {
    "tiles": "The coloured tiles in place, not merged, also during training.",
    "epochs": "The result after every epoch, as a stack.",
    "merged": "The tiles merged by structural similarity.",
    "smoothed": "The merged image, smoothed, with other colours blended in.",
    "regions": "The Quickshift regions, as labels that you can edit.",
    "quickshift": "Each region in its median colour.",
    "uncertainty": "Where the colours are unreliable. Presets Best and Instant have it.",
    "final": "The target's own lightness with the inferred colours, at full size.",
    "L*a*b*": "The final image as three grey layers.",
}
"""Kinds of layers and their descriptions."""

LAB = ("L*", "a*", "b*")
"""The layers of kind ``L*a*b*``."""

STAGES = ("tiles", "epochs", "merged", "smoothed", "regions", "quickshift", *LAB)
"""The stages before the final image, in order."""


BYTES = (0, 255)
"""Contrast limits of colour layers; without them, napari scales each by its own range."""
_MAPS: dict[str, dict[str, Any]] = {
    "L*": {"colormap": "gray", "contrast_limits": (0.0, 100.0)},
    "a*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
    "b*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
    "uncertainty": {"colormap": "magma", "contrast_limits": (0.0, UNCERTAINTY_LIMIT)},
}

_IN_NAMES = " -_·,()[]+=#&'"


def layer_name(kind: str, target: str, number: int = 1) -> str:
    """Return the name of a layer: its kind first, because lists cut off the ends of names.

    Parameters
    ----------
    kind : str
        One of `LAYERS` or of `LAB`, or "hints".
    target : str
        Name of the target layer.
    number : int
        Number of the target's run, from 1.
    """
    which = kind if number == 1 else f"{kind} {number}"
    # napari suggests it as a file name, in which a point would start the extension
    return f"{which} · {file_name(target, also=_IN_NAMES)}"


def is_colored(kind: str) -> bool:
    """Return whether layers of a kind are RGB images."""
    return kind != "regions" and kind not in _MAPS


def new_layer(kind: str, image: Any, arguments: dict[str, Any]) -> Image | Labels:
    """Make a layer of a kind.

    Parameters
    ----------
    kind : str
        One of `LAYERS`, or of `LAB`.
    image : array
        Its data.
    arguments : dict
        Keyword arguments of the layer's class: name, geometry, metadata.
    """
    from napari.layers import Image, Labels

    if kind == "regions":
        layer = Labels(image, **arguments)
        layer.contour = 1  # outlines: the colours below stay visible
        return layer
    if kind in _MAPS:
        return Image(image, rgb=False, **_MAPS[kind], **arguments)
    return Image(image, rgb=True, contrast_limits=BYTES, **arguments)
