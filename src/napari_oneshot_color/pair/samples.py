"""Sample pairs made from images that are installed with scikit-image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage import data

from napari_oneshot_color.files.formats import as_dtype, as_float
from napari_oneshot_color.pixels.color import luminance

__all__ = [
    "DEMO",
    "SamplePair",
    "bundled",
    "immunohistochemistry",
    "retina",
    "stereo_motorcycle",
]

DEMO = ("motorcycle_left.png", "motorcycle_right.png")
"""Names of the demo's source and target."""


@dataclass(frozen=True)
class SamplePair:
    """A source, a target and the target's true colours.

    Attributes
    ----------
    name : str
        Name of the pair.
    source, truth : ndarray
        ``(H, W, 3)`` uint8, sRGB.
    target : ndarray
        ``(H, W)`` uint8: the grey of `truth` with the same L*.
    """

    name: str
    source: NDArray[np.uint8]
    target: NDArray[np.uint8]
    truth: NDArray[np.uint8]


def stereo_motorcycle() -> SamplePair:
    """Return two views of a motorcycle (Scharstein et al., 2014): left in colour, right in grey."""
    left, right, _ = data.stereo_motorcycle()
    return _pair("stereo motorcycle", left, right)


def immunohistochemistry() -> SamplePair:
    """Return a stained colon section: its left half in colour, its right half in grey."""
    return _halves("immunohistochemistry", data.immunohistochemistry())


def retina() -> SamplePair:
    """Return a photograph of a retina: its left half in colour, its right half in grey."""
    return _halves("retina", data.retina())


def bundled(name: str) -> NDArray[np.uint8] | None:
    """Return the demo's image of this name, or None if there is none."""
    if name not in DEMO:
        return None
    pair = stereo_motorcycle()
    return pair.source if name == DEMO[0] else pair.target


def _halves(name: str, image: NDArray[np.uint8]) -> SamplePair:
    middle = image.shape[1] // 2
    return _pair(name, image[:, :middle], image[:, -middle:])


def _pair(name: str, source: NDArray[np.uint8], truth: NDArray[np.uint8]) -> SamplePair:
    grey = as_dtype(luminance(as_float(truth)), truth.dtype)
    return SamplePair(name, source, grey, truth)
