"""Makes a new Quickshift image and a new final image from edited regions, without training."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.checks import as_array, is_color
from napari_oneshot_color.result.result import Result, check_steerable
from napari_oneshot_color.stages.join import join
from napari_oneshot_color.stages.regions import Painted, paint_regions, region_medians
from napari_oneshot_color.types import Color

__all__ = ["recolor"]


def recolor(
    result: Result,
    regions: NDArray[np.integer],
    colors: Mapping[int, Color] | None = None,
    excluded: Collection[int] = (),
) -> Result:
    """Apply edited regions, or other colours of regions, to a result.

    Parameters
    ----------
    result : Result
        The result; it is not modified.
    regions : ndarray
        ``(h, w)`` integer at the working size; 0 means no region.
    colors : mapping of int to tuple of float, optional
        sRGB in [0, 1] for some regions, instead of their medians.
    excluded : collection of int
        Regions that keep the merged colours, like pixels without a region.

    Returns
    -------
    Result
        A copy with new `regions`, `region_names`, `region_colors`, `quickshift`, `final` and
        `lab`.

    Raises
    ------
    BadPairError
        If the regions do not have the size of the result's regions, or the result already follows
        hints or is faded.
    """
    check_steerable(result)
    regions = as_array(regions, "The regions are")
    if regions.dtype.kind not in "iu":
        raise BadPairError(f"The regions contain {regions.dtype} values. Give integers.")
    shape = result.smoothed.shape[:2]
    if regions.shape != shape:
        raise BadPairError(
            f"The regions have shape {regions.shape}, but the result's have {shape}."
        )
    labels = regions.astype(np.int32)
    names, medians = region_medians(result.smoothed, labels)
    for name, color in (colors or {}).items():
        if not is_color(color):
            raise BadPairError(
                f"The colour of region {name} is {color!r}. Give red, green and blue from 0 to 1."
            )
        medians[names == name] = color
    painted = paint_regions(labels, names, medians)
    keeps = np.isin(labels, [0, *excluded])
    painted[keeps] = result.smoothed[keeps]
    settings = result.colorizer.settings
    changed = {int(name) for name in np.unique(labels[labels != result.regions])}
    changed |= set(result.record.regions_changed or ())
    joined = painted
    if not settings.use_regions:  # then only edited regions take their colours
        edited = np.isin(labels, [*changed, *(colors or {})])
        joined = np.where(edited[..., None], painted, result.smoothed)
    final, lab, clipped = join(result.target, joined, settings)
    record = result.record.replace(
        regions_edited=True,
        regions_changed=tuple(sorted(changed)),
        region_colors={str(name): _plain(color) for name, color in (colors or {}).items()},
        regions_excluded=tuple(sorted(int(name) for name in excluded)),
        clipped_fraction=clipped,
    )
    return replace(
        result,
        painted=Painted.as_edited(labels, names, medians, painted),
        final=final,
        lab=lab,
        record=record,
    )


def _plain(color: Color) -> Color:
    red, green, blue = (float(part) for part in color)
    return red, green, blue
