"""Snapshots of layers as targets: in grey, and of a stack the slice in view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_oneshot_color.pair.tones import grey_values
from napari_oneshot_color.plugin.layers.snapshot import (
    LayerImage,
    is_single,
    leading_axes,
    snapshot,
)

if TYPE_CHECKING:
    from napari.layers import Image, Layer

__all__ = ["as_target", "index_in_view", "is_stack", "target_in_view"]


def is_stack(layer: Layer) -> bool:
    """Return whether an image layer does not contain exactly one image."""
    return math.prod(leading_axes(layer)) != 1


def index_in_view(layer: Image, point: Sequence[float]) -> tuple[int, ...]:
    """Return the index of the slice of a stack that is in view; empty for a single image.

    Parameters
    ----------
    layer : napari.layers.Image
        The layer, whose last two axes (before channels) are an image.
    point : sequence of float
        Position of the viewer's sliders in world coordinates.
    """
    if not is_stack(layer):
        return ()
    ahead = np.array(leading_axes(layer))
    places = np.rint(layer.world_to_data(point)[: len(ahead)])
    return tuple(np.clip(places, 0, ahead - 1).astype(int).tolist())


def target_in_view(
    layer: Image, point: Sequence[float], smallest_side: int | None = None
) -> LayerImage:
    """Take a snapshot of a layer; of a stack, the slice in view as a single image.

    Parameters
    ----------
    layer, smallest_side
        As in `snapshot`.
    point : sequence of float
        Position of the viewer's sliders in world coordinates.
    """
    if is_single(layer):
        return snapshot(layer, smallest_side)
    image = as_target(layer, smallest_side)
    if not is_stack(layer):
        return image
    seen = index_in_view(layer, point)
    lengths = zip(seen, image.data.shape, leading_axes(layer), strict=False)
    index = tuple(place * own // whole for place, own, whole in lengths)  # levels differ
    number = ", ".join(str(one) for one in seen)
    return replace(
        image,
        data=image.data[index],
        name=f"{image.name} [{number}]",
        geometry=image.geometry.plane(),
        notes=(*image.notes, f"Slice {number} of '{image.name}' was used."),
    )


def as_target(layer: Image, smallest_side: int | None = None) -> LayerImage:
    """Take a snapshot of a layer for a run without training; colour is lazily made grey."""
    image = snapshot(layer, smallest_side)
    if not layer.rgb:
        return image
    import dask.array as da

    from napari_oneshot_color.stacks.by_slice import by_slice

    data = image.data
    if isinstance(data, np.ndarray):  # dask would copy it
        make = partial(_grey_slice, data)
        grey = by_slice(make, data.shape[:-1], data.dtype, data.ndim - 3)
    else:
        data = da.asanyarray(data).rechunk({-1: -1})
        meta = np.empty((0,) * (data.ndim - 1), data.dtype)
        grey = data.map_blocks(_grey_block, drop_axis=data.ndim - 1, dtype=data.dtype, meta=meta)
    note = f"'{image.name}' is stored as RGB: its luminance was used."
    return replace(image, data=grey, notes=(*image.notes, note))


def _grey_slice(data: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """Return the grey of one slice, ``(h, w)``."""
    return _grey_block(data[index])


def _grey_block(block: np.ndarray) -> np.ndarray:
    """Return the grey of a block, ``(…, h, w, n)``."""
    return grey_values(block.reshape(-1, *block.shape[-2:])).reshape(block.shape[:-1])
