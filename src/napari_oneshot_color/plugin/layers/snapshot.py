"""The user's layers as a run takes them: image, limits, geometry, before they go or change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.plugin.layers.geometry import Geometry

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

__all__ = [
    "LayerImage",
    "file_name",
    "is_color",
    "is_grayscale",
    "is_in",
    "is_own",
    "is_truth",
    "metadata",
    "snapshot",
    "truth_metadata",
]

_KEY = "napari-oneshot-color"  # of the provenance in a layer's metadata
_TRUTH = "truth"
_LONGEST_NAME = 100  # letters: file systems take 255 bytes, and letters may take several
_LARGEST_TARGET = 64_000_000  # px: a finer level of a pyramid would not fit into memory


def is_color(layer: Layer) -> bool:
    """Whether a layer is an RGB or RGBA image."""
    return _is_image(layer) and bool(layer.rgb)


def is_grayscale(layer: Layer) -> bool:
    """Whether a layer is an image of one channel, of any number of dimensions."""
    return _is_image(layer) and not layer.rgb


def _is_image(layer: Layer) -> bool:
    from napari.layers import Image

    return isinstance(layer, Image)


@dataclass(frozen=True)
class LayerImage:
    """What a run needs of a layer, taken before it starts: the layer may go or change meanwhile.

    Attributes
    ----------
    data : array
        The layer's own array, perhaps a lazy one; never written to.
    limits : tuple of float or None
        Values that become 0 and 1; None scales by the dtype.
    name : str
        The layer's name.
    path : str or None
        The file it was read from, if it was.
    geometry : Geometry
        Where the whole layer lies.
    notes : tuple of str
        Sentences about what was chosen.
    """

    data: Any
    limits: tuple[float, float] | None
    name: str
    path: str | None
    geometry: Geometry
    notes: tuple[str, ...] = ()

    def array(self) -> np.ndarray:
        """Compute the pixels; a lazy array takes its time."""
        from napari_oneshot_color.plugin.layers.computing import computed

        return computed(self.data)[0]


def snapshot(layer: Image, smallest_side: int | None = None) -> LayerImage:
    """Take what a run needs of a layer.

    Parameters
    ----------
    layer : napari.layers.Image
        Left as it is.
    smallest_side : int, optional
        In px: take the coarsest level of a pyramid whose short side is at least this. If left
        out, take the finest one that fits into memory.
    """
    data = layer.data
    notes: tuple[str, ...] = ()
    if layer.multiscale:
        level = _level(layer, smallest_side)
        data = layer.data[level]
        notes = (f"'{layer.name}' has several levels: level {level}, {data.shape}, was used.",)
    # 8 bit and colour mean what their numbers say; the rest means what the user sees
    by_dtype = layer.rgb or np.dtype(data.dtype) in (np.dtype(bool), np.dtype(np.uint8))
    low, high = layer.contrast_limits
    limits = None if by_dtype else (float(low), float(high))
    return LayerImage(data, limits, layer.name, layer.source.path, Geometry.of(layer), notes)


def _level(layer: Image, smallest_side: int | None) -> int:
    sides = [level.shape[:2] if layer.rgb else level.shape[-2:] for level in layer.data]
    if smallest_side is not None:
        fitting = [n for n, side in enumerate(sides) if min(side) >= smallest_side]
        return max(fitting, default=0)
    fitting = [n for n, side in enumerate(sides) if side[0] * side[1] <= _LARGEST_TARGET]
    return min(fitting, default=len(sides) - 1)


def metadata(provenance: dict[str, Any]) -> dict[str, Any]:
    """Wrap a provenance as a layer's metadata."""
    return {_KEY: provenance}


def is_own(layer: Layer) -> bool:
    """Whether a layer is one that this plugin made: a result, or the truth of a sample."""
    return _KEY in layer.metadata


def is_truth(layer: Layer) -> bool:
    """Whether a layer holds the true colours of a sample's target, which no run may see."""
    return bool(layer.metadata.get(_KEY, {}).get(_TRUTH))


def truth_metadata() -> dict[str, Any]:
    """Mark a layer as the true colours of a sample's target."""
    return metadata({_TRUTH: True})


def file_name(name: str, also: str = " -_.") -> str:
    """Turn a layer's name into one that a file can have anywhere.

    Parameters
    ----------
    name : str
        A layer's: the user may have called it anything.
    also : str
        What is kept beside letters and digits.
    """
    kept = "".join(letter if letter.isalnum() or letter in also else "_" for letter in name)
    return kept[:_LONGEST_NAME]


def is_in(layers: LayerList, layer: Layer | None) -> bool:
    """Whether the user still has a layer: setting the data of a removed one raises nothing."""
    return layer is not None and layer in layers
