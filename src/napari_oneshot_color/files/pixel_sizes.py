"""Reads the pixel size from image files that state it reliably."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile

from napari_oneshot_color.files import places

__all__ = ["OME_UNITS", "pixel_size", "pixel_sizes", "scale_between"]

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

OME_UNITS = {  # OME's symbols for units that other formats write out or in ASCII
    **{unit: unit for unit in ("m", "cm", "mm", "µm", "nm", "pm")},
    **dict.fromkeys(("um", "μm", "micron", "microns", "micrometer"), "µm"),
    "nanometer": "nm",
    "millimeter": "mm",
}


def pixel_size(path: Path) -> float | None:
    """Return the side of a pixel in metres from an OME-TIFF or an ImageJ TIFF, or None.

    The resolution of other files is ignored: in photographs it is a print resolution.
    """
    try:
        places.check_file(path)
        with tifffile.TiffFile(path) as file:
            if file.ome_metadata:
                return _of_ome(file.ome_metadata)
            if file.imagej_metadata:
                unit = str(file.imagej_metadata.get("unit", ""))
                page = file.pages[0]
                assert isinstance(page, tifffile.TiffPage)
                per_unit = page.tags["XResolution"].value
                return _checked(_METRES[unit] * per_unit[1] / per_unit[0])
    except Exception:  # the image can be used without a pixel size
        return None
    return None


def scale_between(source: Path, target: Path) -> float:
    """Return the source's pixel size divided by the target's; 0 if one of them is not known."""
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


def pixel_sizes(
    file: tifffile.TiffFile, axes: str
) -> tuple[tuple[float, ...] | None, tuple[str, ...] | None]:
    """Return the stated pixel sizes along z, y and x, and 1 along the other axes.

    A faulty description is ignored.
    """
    try:
        return _told_sizes(file, axes)
    except Exception:  # XML, tags and numbers can be wrong in many ways
        return None, None


def _told_sizes(
    file: tifffile.TiffFile, axes: str
) -> tuple[tuple[float, ...] | None, tuple[str, ...] | None]:
    sizes: dict[str, tuple[float, str]] = {}
    if file.ome_metadata:
        image: Any = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
        pixels = (image[0] if isinstance(image, list) else image)["Pixels"]
        for axis in "ZYX":
            size = pixels.get(f"PhysicalSize{axis}")
            if isinstance(size, int | float) and 0 < size < np.inf:
                sizes[axis] = float(size), str(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    elif file.imagej_metadata:
        unit = str(file.imagej_metadata.get("unit") or "").replace("\\u00b5", "µ")
        page: Any = file.pages[0]
        for axis, name in (("Y", "YResolution"), ("X", "XResolution")):
            if unit and name in page.tags and page.tags[name].value[0]:
                per_unit = page.tags[name].value
                sizes[axis] = per_unit[1] / per_unit[0], unit
        if unit and file.imagej_metadata.get("spacing"):
            sizes["Z"] = float(file.imagej_metadata["spacing"]), unit
    if not sizes:
        return None, None
    found = [sizes.get(axis, (1.0, "")) for axis in axes]
    return tuple(size for size, _ in found), tuple(unit for _, unit in found)
