"""Snapshots of the user's layers for a run: image, limits, geometry."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.files.texts import as_text
from napari_oneshot_color.pair.limits import dtype_limits
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
    "is_single",
    "is_truth",
    "leading_axes",
    "metadata",
    "snapshot",
    "truth_metadata",
]

_KEY = "napari-oneshot-color"  # key of the record in a layer's metadata
_TRUTH = "truth"
_LONGEST_NAME = 160  # bytes, of the 255 of file systems: a suffix is added
_LARGEST_TARGET = 64_000_000  # px; a finer level of a pyramid would not fit into memory


def is_color(layer: Layer) -> bool:
    """Return whether a layer is an RGB or RGBA image."""
    return _is_image(layer) and bool(layer.rgb)


def is_grayscale(layer: Layer) -> bool:
    """Return whether a layer is an image of one channel, with any number of dimensions."""
    return _is_image(layer) and not layer.rgb


def _is_image(layer: Layer) -> bool:
    from napari.layers import Image

    return isinstance(layer, Image)


@dataclass(frozen=True)
class LayerImage:
    """The parts of a layer that a run needs; the layer may change or be removed meanwhile.

    Attributes
    ----------
    data : array
        The layer's array, which may be lazy, without leading axes of length 1 and without the
        alpha of a grey image; it is never modified.
    limits : tuple of float or None
        Values that become 0 and 1: the displayed contrast limits. None scales by the dtype.
    name : str
        Name of the layer.
    path : str or None
        The file from which it was read, if any.
    geometry : Geometry
        Geometry of the whole layer.
    notes : tuple of str
        Sentences about the data that were used.
    """

    data: Any
    limits: tuple[float, float] | None
    name: str
    path: str | None
    geometry: Geometry
    notes: tuple[str, ...] = ()

    def array(self) -> np.ndarray:
        """Return the pixels; a lazy array is computed."""
        from napari_oneshot_color.stacks.computing import computed

        return computed(self.data)[0]


def snapshot(layer: Image, smallest_side: int | None = None) -> LayerImage:
    """Take a snapshot of a layer.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer; it is not modified.
    smallest_side : int, optional
        Use the coarsest level of a pyramid whose short side has at least this many px. By
        default, use the finest level that fits into memory.
    """
    data = layer.data
    name = as_text(layer.name)
    notes: tuple[str, ...] = ()
    if layer.multiscale:
        level = _level(layer, smallest_side)
        data = layer.data[level]
        notes = (f"'{name}' has several levels: level {level}, {data.shape}, was used.",)
    geometry = Geometry.of(layer)
    if not layer.rgb and _is_with_alpha(data.shape):
        if data.shape[-1] == 2:
            notes += (f"The alpha channel of '{name}' was ignored.",)
        data, geometry = _sliceable(data)[..., 0], geometry.without_last(data.shape[:-1])
    leading = data.shape[: -3 if layer.rgb else -2]
    if leading and math.prod(leading) == 1:
        data = _sliceable(data)[(0,) * len(leading)]
    limits = _limits(layer, np.dtype(data.dtype))
    return LayerImage(data, limits, name, layer.source.path, geometry, notes)


def _sliceable(data: Any) -> Any:
    """Return an array of any library that can be sliced without being read."""
    if isinstance(data, np.ndarray):
        return data
    import dask.array as da

    return da.asanyarray(data)


def is_single(layer: Layer) -> bool:
    """Return whether a layer contains one image, that is, all leading axes have length 1."""
    if not (is_color(layer) or is_grayscale(layer)):
        return False
    shape = (layer.data[0] if layer.multiscale else layer.data).shape
    pixels = shape[-3:-1] if layer.rgb else shape[-2:]
    ahead = shape[: -3 if layer.rgb else -2]
    return min(pixels, default=0) > 2 and math.prod(ahead) == 1


def leading_axes(layer: Image) -> tuple[int, ...]:
    """Return the lengths of the axes before an image's height and width: those of a stack."""
    shape: tuple[int, ...] = (layer.data[0] if layer.multiscale else layer.data).shape
    return shape[: -3 if layer.rgb or _is_with_alpha(shape) else -2]


def _is_with_alpha(shape: tuple[int, ...]) -> bool:
    """Return whether the last axis of a non-RGB layer contains grey and alpha, or only grey."""
    return len(shape) > 2 and shape[-1] in (1, 2)


def _limits(layer: Image, dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """Return the displayed contrast limits; None if they are those of the dtype."""
    low, high = (float(limit) for limit in layer.contrast_limits)
    is_byte = dtype in (np.dtype(bool), np.dtype(np.uint8))
    whole = dtype_limits(dtype) if is_byte or dtype.kind == "u" else (0.0, 1.0)
    is_plain = (low, high) == whole and (is_byte or bool(layer.rgb))
    return None if is_plain else (low, high)


def _level(layer: Image, smallest_side: int | None) -> int:
    sides = [level.shape[-3:-1] if layer.rgb else level.shape[-2:] for level in layer.data]
    if smallest_side is not None:
        fitting = [n for n, side in enumerate(sides) if min(side) >= smallest_side]
        return max(fitting, default=0)
    fitting = [n for n, side in enumerate(sides) if side[0] * side[1] <= _LARGEST_TARGET]
    return min(fitting, default=len(sides) - 1)


def metadata(provenance: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a layer with a record."""
    return {_KEY: provenance}


def is_own(layer: Layer) -> bool:
    """Return whether this plugin made a layer: a result, or the true colours of a sample."""
    return _KEY in layer.metadata


def is_truth(layer: Layer) -> bool:
    """Return whether a layer contains the true colours of a sample, which no run may use."""
    return bool(layer.metadata.get(_KEY, {}).get(_TRUTH))


def truth_metadata() -> dict[str, Any]:
    """Return metadata that mark a layer as the true colours of a sample."""
    return metadata({_TRUTH: True})


def file_name(name: str, also: str = " -_.") -> str:
    """Convert a layer's name to a file name that is valid on every system.

    Parameters
    ----------
    name : str
        Name of the layer, which may contain anything.
    also : str
        Characters to keep besides letters and digits.
    """
    kept = "".join(
        letter if _is_letter(letter) or letter in also else "_"
        for letter in unicodedata.normalize("NFC", name)
    )
    short = kept.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return short if short.strip(" .") else "image"


def _is_letter(letter: str) -> bool:
    """Return whether a character is a letter, a digit or a combining mark."""
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def is_in(layers: LayerList, layer: Layer | None) -> bool:
    """Return whether a layer is still in the list; changing a removed layer raises no error."""
    return layer is not None and layer in layers
