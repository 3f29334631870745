"""The data of a result's layers: colours as bytes, which all writers accept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.plugin.layers.kinds import LAB, is_colored

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_oneshot_color.result.result import Result

__all__ = ["EDITED", "Picture", "Sample", "pictures"]

EDITED = ("quickshift", "uncertainty", *LAB, "final")
"""Kinds of layers that edits, hints and fading change."""


@dataclass(frozen=True)
class Picture:
    """An image of a result and the data of its layer.

    Attributes
    ----------
    image : ndarray
        The image of the result: float32 in [0, 1] if it is coloured.
    pixels : ndarray
        The data of the layer: ``uint8`` if it is coloured, otherwise like `image`.
    """

    image: NDArray[Any]
    pixels: NDArray[Any]

    @classmethod
    def of(cls, kind: str, image: NDArray[Any]) -> Picture:
        """Return the picture of one of `plugin.layers.kinds.LAYERS`; slow for large images."""
        if is_colored(kind) and image.dtype.kind == "f":
            return cls(image, as_dtype(image, np.dtype(np.uint8)))
        return cls(image, image)

    def is_in(self, layer: Layer, before: Picture | None) -> bool:
        """Return whether a layer contains it already; `before` was put into the layer last."""
        return before is not None and before.image is self.image and layer.data is before.pixels


@dataclass(frozen=True)
class Sample:
    """A sample of the pixels of an image.

    Attributes
    ----------
    picture : Picture
        The sample.
    step : int
        Every `step`-th row and column is used, starting at ``step // 2``.
    """

    picture: Picture
    step: int


def pictures(result: Result, kinds: Collection[str]) -> dict[str, Picture]:
    """Yield the pictures of a result, in the order in which their layers are added.

    Parameters
    ----------
    result : Result
        The result; it is not modified.
    kinds : collection of str
        Kinds of `plugin.layers.kinds.LAYERS` and `plugin.layers.kinds.LAB`; those that the
        result does not have are skipped.
    """
    return dict(_all(result, kinds))


def _all(result: Result, kinds: Collection[str]) -> Iterator[tuple[str, Picture]]:
    if "tiles" in kinds:
        yield "tiles", Picture.of("tiles", result.tiles_in_place)
    if "epochs" in kinds and len(result.epochs):
        yield "epochs", Picture.of("epochs", result.epochs)
    for kind in ("merged", "smoothed"):
        if kind in kinds:
            yield kind, Picture.of(kind, getattr(result, kind))
    if "regions" in kinds:
        yield "regions", Picture(result.regions, result.regions.copy())  # the user may edit it
    if "quickshift" in kinds:
        yield "quickshift", Picture.of("quickshift", result.quickshift)
    if "uncertainty" in kinds and result.uncertainty is not None:
        yield "uncertainty", Picture.of("uncertainty", result.uncertainty)
    for channel, kind in enumerate(LAB):
        if kind in kinds:
            yield kind, Picture(result.lab, np.ascontiguousarray(result.lab[..., channel]))
    if "final" in kinds:
        yield "final", Picture.of("final", result.final)
