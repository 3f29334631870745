"""Decodes, with Pillow and libtiff, the few kinds of TIFF that tifffile cannot decode."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import TiffImagePlugin

from napari_oneshot_color.files.picture import Description, Picture, shown
from napari_oneshot_color.files.tiff_pages import ORIENTATION

__all__ = ["decoded_by_libtiff"]

_LIBTIFF = threading.Lock()


def decoded_by_libtiff(path: Path, about: Description, page: int) -> Picture:
    """Decode an image with libtiff, through Pillow."""
    with _LIBTIFF:  # the switch is global to Pillow's module
        before = TiffImagePlugin.READ_LIBTIFF
        TiffImagePlugin.READ_LIBTIFF = True
        try:
            with open(path, "rb") as data:
                image = TiffImagePlugin.TiffImageFile(data, str(path))
                image.seek(page)
                is_lab = image.mode == "LAB"
                pixels = np.asarray(image if is_lab else image.convert("RGB"))
        finally:
            TiffImagePlugin.READ_LIBTIFF = before
    model = "CIELab" if is_lab else "RGB"
    orientation = about.orientation if ORIENTATION in image.tag_v2 else 1  # Pillow may rotate it
    return shown(pixels, replace(about, model=model, bits=0, alpha=None, orientation=orientation))
