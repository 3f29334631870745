"""Sample pairs as layers: source, grey target, and the true colours as a hidden layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_oneshot_color.plugin.layers.snapshot import truth_metadata

if TYPE_CHECKING:
    from napari_oneshot_color.pair.samples import SamplePair

__all__ = ["immunohistochemistry_layers", "motorcycle_layers", "retina_layers"]

_GAP = 0.05  # between source and target, relative to the source's width

LayerData = tuple[Any, dict[str, Any], str]


def motorcycle_layers() -> list[LayerData]:
    """Return two views of a motorcycle: the left in colour, the right in grey."""
    from napari_oneshot_color.pair.samples import stereo_motorcycle

    return _layers(stereo_motorcycle(), "motorcycle")


def immunohistochemistry_layers() -> list[LayerData]:
    """Return a stained section: the left half in colour, the right half in grey."""
    from napari_oneshot_color.pair.samples import immunohistochemistry

    return _layers(immunohistochemistry(), "section")


def retina_layers() -> list[LayerData]:
    """Return a retina: the left half in colour, the right half in grey."""
    from napari_oneshot_color.pair.samples import retina

    return _layers(retina(), "retina")


def _layers(pair: SamplePair, name: str) -> list[LayerData]:
    width = pair.source.shape[1]
    beside = {"translate": (0, -round(width * (1 + _GAP)))}
    hidden = {"visible": False, "metadata": truth_metadata()}
    _show_all_of_them()
    return [
        (pair.source, {"name": f"{name} source", "rgb": True, **beside}, "image"),
        (pair.truth, {"name": f"{name}, true colours", "rgb": True, **hidden}, "image"),
        (pair.target, {"name": name, "rgb": False}, "image"),
    ]


def _show_all_of_them() -> None:
    """Fit the view of an empty viewer to the whole pair; napari fits it to the first layer."""
    from napari import current_viewer
    from qtpy.QtCore import QTimer

    viewer = current_viewer()
    if viewer is not None and not viewer.layers:
        QTimer.singleShot(0, viewer.reset_view)  # once they are there
