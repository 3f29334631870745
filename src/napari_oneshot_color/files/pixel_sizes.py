"""How large a pixel is, where an image file says so in a way that can be believed."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import tifffile

__all__ = ["pixel_size", "scale_between"]

_METRES = {
    "m": 1.0,
    "cm": 1e-2,
    "mm": 1e-3,
    "um": 1e-6,
    "µm": 1e-6,  # the micro sign
    "μm": 1e-6,  # the Greek letter
    "micron": 1e-6,
    "microns": 1e-6,
    "\\u00b5m": 1e-6,  # as ImageJ escapes it
    "nm": 1e-9,
    "pm": 1e-12,
}


def pixel_size(path: Path) -> float | None:
    """Read the side of a pixel in metres from an OME-TIFF or an ImageJ TIFF, or None.

    The resolution of other files is not asked for: in photographs it is a wish of the printer.
    """
    try:
        with tifffile.TiffFile(path) as file:
            if file.ome_metadata:
                return _of_ome(file.ome_metadata)
            if file.imagej_metadata:
                unit = str(file.imagej_metadata.get("unit", ""))
                page = file.pages[0]
                assert isinstance(page, tifffile.TiffPage)
                per_unit = page.tags["XResolution"].value
                return _checked(_METRES[unit] * per_unit[1] / per_unit[0])
    except Exception:  # an image without a believable size is none the worse for it
        return None
    return None


def scale_between(source: Path, target: Path) -> float:
    """Divide the source's pixel size by the target's; 0 where one of them is not known."""
    sizes = pixel_size(source), pixel_size(target)
    return sizes[0] / sizes[1] if sizes[0] and sizes[1] else 0.0


def _of_ome(xml: str) -> float | None:
    for element in ElementTree.fromstring(xml).iter():
        if element.tag.endswith("}Pixels"):
            unit = element.get("PhysicalSizeXUnit", "µm")
            return _checked(float(element.get("PhysicalSizeX", "nan")) * _METRES[unit])
    return None


def _checked(size: float) -> float | None:
    return size if math.isfinite(size) and size > 0 else None
