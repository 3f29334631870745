"""Sample pairs as layers: the source, the grey target, and the true colours, hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.pair.samples import SamplePair

__all__ = ["immunohistochemistry_layers", "motorcycle_layers", "retina_layers"]

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
    return [
        (pair.source, {"name": f"{name} source", "rgb": True}, "image"),
        (pair.truth, {"name": f"{name} truth", "rgb": True, "visible": False}, "image"),
        (pair.target, {"name": f"{name} target", "rgb": False}, "image"),
    ]
