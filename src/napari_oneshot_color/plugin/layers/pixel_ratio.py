"""How large the pixels of one layer are beside those of another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_oneshot_color.settings import Settings, problems

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers.geometry import Geometry
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = ["at_layers_scale", "pixel_size_ratio", "scale_sentences"]

_ALIKE = 0.01  # of the size: less comes of rounding, and does no harm


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
    """Take the setting `source_scale` from the layers, if it is 0 and both have a scale.

    Parameters
    ----------
    source, target : LayerImage
        Single images, in colour or not; of a pyramid, the level that is used counts.
    settings : Settings
        Returned as they are if nothing is to be changed.
    """
    scale = _seen_ratio(source, target)
    if settings.source_scale or scale is None or problems({"source_scale": scale}):
        return settings
    return settings.replace(source_scale=scale)


def scale_sentences(inputs: Inputs, settings: Settings, at_scale: Settings) -> list[str]:
    """Say what the layers' units were taken for, and where one scale does not fit all sources.

    Parameters
    ----------
    inputs : Inputs
        What the run is made from.
    settings, at_scale : Settings
        As the user chose them, and as `at_layers_scale` returned them for the first source.
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
            f"The pixels of {' and '.join(unlike)} are of another size, but 'source_scale' goes "
            "for all sources."
        )
    return sentences


def _differ(image: LayerImage, other: LayerImage) -> bool:
    """Whether the pixels of two images are known to be of different sizes."""
    ratio = _seen_ratio(image, other)
    return ratio is not None and abs(math.log(ratio)) > _ALIKE


def _seen_ratio(image: LayerImage, other: LayerImage) -> float | None:
    """Divide the size of one image's pixels by that of another's, at the levels that are used."""
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
    """Convert a length; pint has pixels, too, and seconds, which are none."""
    if dict(getattr(unit, "dimensionality", {})) != {"[length]": 1}:
        return None
    return abs(float((float(side) * unit).to("meter").magnitude))
