"""The kinds of layers that a run can have, and how each is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_oneshot_color.plugin.layers.snapshot import file_name
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

if TYPE_CHECKING:
    from napari.layers import Image, Labels

__all__ = ["BYTES", "LAB", "LAYERS", "STAGES", "is_colored", "layer_name", "new_layer"]

LAYERS = {
    "tiles": "The coloured tiles in place, unmerged, while training.",
    "epochs": "The result after every epoch, as a stack.",
    "merged": "The tiles merged by structural similarity.",
    "smoothed": "The merged image smoothed, with what else was mixed into it.",
    "regions": "Quickshift's regions, as labels that can be edited.",
    "quickshift": "Each region in its median colour.",
    "uncertainty": "Where not to believe the colour. Presets Best and Instant have it.",
    "final": "The target's own lightness with the colours that were found, at full size.",
    "L*a*b*": "The final image as three grey layers.",
}
"""Kinds of layers, and what they show."""

LAB = ("L*", "a*", "b*")
"""The layers of kind ``L*a*b*``."""

STAGES = ("tiles", "epochs", "merged", "smoothed", "regions", "quickshift", *LAB)
"""What comes before the final image, in the order in which it is made."""


BYTES = (0, 255)
"""Contrast limits of what is in colour: without them, napari stretches it to its own range."""
_MAPS: dict[str, dict[str, Any]] = {
    "L*": {"colormap": "gray", "contrast_limits": (0.0, 100.0)},
    "a*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
    "b*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
    "uncertainty": {"colormap": "magma", "contrast_limits": (0.0, UNCERTAINTY_LIMIT)},
}

_IN_NAMES = " -_·,()[]+=#&'"


def layer_name(kind: str, target: str, number: int = 1) -> str:
    """Name a layer: its kind first, since a list cuts off ends.

    Parameters
    ----------
    kind : str
        One of `LAYERS` or of `LAB`, or "hints".
    target : str
        The target layer's name.
    number : int
        Counts the runs of the target, from 1.
    """
    which = kind if number == 1 else f"{kind} {number}"
    # napari suggests it as the name of a file, in which a point would begin the ending
    return f"{which} · {file_name(target, also=_IN_NAMES)}"


def is_colored(kind: str) -> bool:
    """Whether layers of a kind are RGB images."""
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
        Keywords of the layer's class: name, geometry, metadata.
    """
    from napari.layers import Image, Labels

    if kind == "regions":
        layer = Labels(image, **arguments)
        layer.contour = 1  # outlines: the colours below stay in sight
        return layer
    if kind in _MAPS:
        return Image(image, rgb=False, **_MAPS[kind], **arguments)
    return Image(image, rgb=True, contrast_limits=BYTES, **arguments)
