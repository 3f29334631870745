"""How large the pixels of one layer are beside those of another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_oneshot_color.settings import Settings, problems

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers import Geometry, LayerImage

__all__ = ["at_layers_scale", "is_one_scale", "pixel_size_ratio"]

_ALIKE = 0.01  # by which sizes may differ that are called one


def pixel_size_ratio(source: Geometry, target: Geometry) -> float | None:
    """Divide the size of one layer's pixels by that of another's.

    Parameters
    ----------
    source, target : Geometry
        Where the layers lie; of a stack, the last two axes count.

    Returns
    -------
    float or None
        The ratio of the sides, for pixels that are not square of the geometric means; None if one
        of the layers does not say how large its pixels are, in units of length.
    """
    sizes = [_size_in_metres(geometry) for geometry in (source, target)]
    if None in sizes:
        return None
    ratio = sizes[0] / sizes[1]  # type: ignore[operator]
    return ratio if math.isfinite(ratio) and ratio > 0 else None


def at_layers_scale(source: LayerImage, target: LayerImage, settings: Settings) -> Settings:
    """Take the setting `source_scale` from the layers, if it is 0 and both tell their scale.

    Parameters
    ----------
    source, target : LayerImage
        Single images, in colour or not; of a pyramid, the level that is used counts.
    settings : Settings
        Returned as they are if nothing is to be changed.
    """
    ratio = pixel_size_ratio(source.geometry, target.geometry)
    if settings.source_scale or ratio is None:
        return settings
    scale = ratio * _shrinkage(source) / _shrinkage(target)
    if problems({"source_scale": scale}):
        return settings
    return settings.replace(source_scale=scale)


def is_one_scale(sources: Sequence[LayerImage], target: LayerImage) -> bool:
    """Whether the pixels of all sources are equally large, as far as their layers tell."""
    ratios = [pixel_size_ratio(source.geometry, target.geometry) for source in sources]
    known = [
        ratio * _shrinkage(source)
        for ratio, source in zip(ratios, sources, strict=True)
        if ratio is not None
    ]
    return not known or max(known) <= (1 + _ALIKE) * min(known)


def _shrinkage(image: LayerImage) -> float:
    whole, used = image.geometry.shape, image.data.shape[:2]
    return math.sqrt(whole[0] / used[0] * whole[1] / used[1])


def _size_in_metres(geometry: Geometry) -> float | None:
    sides = [
        _in_metres(side, unit)
        for side, unit in zip(geometry.scale[-2:], geometry.units[-2:], strict=True)
    ]
    return None if None in sides else math.sqrt(math.prod(sides))  # type: ignore[arg-type]


def _in_metres(side: float, unit: Any) -> float | None:
    """Convert a length; pint has pixels, too, and seconds, which are none."""
    if dict(getattr(unit, "dimensionality", {})) != {"[length]": 1}:
        return None
    return abs(float((float(side) * unit).to("meter").magnitude))
