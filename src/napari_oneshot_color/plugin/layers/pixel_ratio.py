"""The ratio of the pixel sizes of two layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_oneshot_color.settings import Settings, problems

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers.geometry import Geometry
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = ["at_layers_scale", "pixel_size_ratio", "scale_sentences"]

_ALIKE = 0.01  # relative difference that is ignored, as an effect of rounding


def pixel_size_ratio(source: Geometry, target: Geometry) -> float | None:
    """Return the pixel size of the source divided by that of the target.

    Parameters
    ----------
    source, target : Geometry
        The geometries of the layers, of which the last two axes are used.

    Returns
    -------
    float or None
        The ratio of the sides, or of their geometric means if pixels are not square; None if one of
        the layers has no pixel size in units of length.
    """
    sizes = [_size_in_metres(geometry) for geometry in (source, target)]
    if None in sizes:
        return None
    ratio = sizes[0] / sizes[1]  # type: ignore[operator]
    return ratio if math.isfinite(ratio) and ratio > 0 else None


def at_layers_scale(source: LayerImage, target: LayerImage, settings: Settings) -> Settings:
    """Set `source_scale` from the layers, if it is 0 and both have a scale in units of length.

    Parameters
    ----------
    source, target : LayerImage
        Single images, in colour or not; of a pyramid, the level that is used.
    settings : Settings
        The settings, which are returned unchanged if there is nothing to set.
    """
    scale = _seen_ratio(source, target)
    if settings.source_scale or scale is None or problems({"source_scale": scale}):
        return settings
    return settings.replace(source_scale=scale)


def scale_sentences(inputs: Inputs, settings: Settings, at_scale: Settings) -> list[str]:
    """Return notes on the scale taken from the layers, and on sources of another pixel size.

    Parameters
    ----------
    inputs : Inputs
        The inputs of the run.
    settings, at_scale : Settings
        The user's settings, and those that `at_layers_scale` returned for the first source.
    """
    first, *others = inputs.sources
    sentences = []
    if at_scale is not settings:
        which = f"'{first.name}'" if others else "the source"
        sentences.append(
            f"By the layers' units, a pixel of {which} is {at_scale.source_scale:.3g} of the "
            "target's."
        )
    unlike = [f"'{other.name}'" for other in others if _differ(other, first)]
    if at_scale.source_scale and unlike:
        sentences.append(
            f"The pixels of {' and '.join(unlike)} have another size, but 'source_scale' applies "
            "to all sources."
        )
    return sentences


def _differ(image: LayerImage, other: LayerImage) -> bool:
    """Return whether the pixels of two images are known to differ in size."""
    ratio = _seen_ratio(image, other)
    return ratio is not None and abs(math.log(ratio)) > _ALIKE


def _seen_ratio(image: LayerImage, other: LayerImage) -> float | None:
    """Return the ratio of the pixel sizes of two images, at the levels that are used."""
    ratio = pixel_size_ratio(image.geometry, other.geometry)
    return None if ratio is None else ratio * _shrinkage(image) / _shrinkage(other)


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
    """Convert a length to metres; None for units that are not lengths, such as pixels."""
    if dict(getattr(unit, "dimensionality", {})) != {"[length]": 1}:
        return None
    return abs(float((float(side) * unit).to("meter").magnitude))
