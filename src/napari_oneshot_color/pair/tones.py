"""Recognises grey images stored as RGB, and prints toned in one colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.types import AnyArray

__all__ = ["grey_values", "has_equal_channels", "is_nearly_grey", "is_toned"]

_SAMPLED = 250_000  # about how many pixels of a larger image are used
_TINT = 10 / 255  # largest difference between the channels of a grey image
_NOISE = 24 / 255  # the same for single pixels
_LEVELS = 32  # grey levels, each of which has one colour in a toned print
_ONE_HUE = 0.97  # length of the mean of the hues as unit vectors
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def has_equal_channels(image: AnyArray) -> bool:
    """Return whether the channels of an image, ``(H, W, 3)`` or ``(H, W, 4)``, are equal."""
    red, green, blue = (image[..., channel] for channel in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)


def is_nearly_grey(image: AnyArray) -> bool:
    """Return whether an image is grey, up to the tint of a scanner and the noise of JPEG.

    A tint of a few levels counts as grey, and so do noise and fringes in a thousandth of the
    pixels; a toned print does not.
    """
    few = _few_of(image)
    spread = np.ptp(few, axis=1)
    return bool(
        np.quantile(spread, 0.5) <= _TINT
        and np.quantile(spread, 0.999) <= _NOISE
        and np.abs(few.mean(axis=0) - few.mean()).max() <= _TINT
    )


def is_toned(image: AnyArray) -> bool:
    """Return whether an image is a print toned in one hue, such as sepia.

    A photograph of brown things also has one hue, but the same grey has many colours in it.
    """
    few = _few_of(image)
    grey = few.mean(axis=1)
    differences = few - grey[:, None]
    strong = differences[np.ptp(differences, axis=1) > _TINT]
    if len(strong) < len(few) / 2:
        return False
    directions = strong / np.linalg.norm(strong, axis=1, keepdims=True)
    if np.linalg.norm(directions.mean(axis=0)) <= _ONE_HUE:
        return False
    levels = np.minimum((grey * _LEVELS).astype(int), _LEVELS - 1)
    far = np.zeros(len(few))
    for level in np.unique(levels):
        own = differences[levels == level]
        far[levels == level] = np.abs(own - np.median(own, axis=0)).max(axis=1)
    return bool(np.quantile(far, 0.9) <= _TINT)


def _few_of(image: AnyArray) -> NDArray[np.float64]:
    """Return a sample of the visible colours of an image, ``(n, 3)``; 1 is its white.

    The white of integers of more than 8 bits is their largest value: hardly any image uses the
    whole range.
    """
    step = max(1, int((image.shape[0] * image.shape[1] / _SAMPLED) ** 0.5))
    pixels = image[::step, ::step].reshape(-1, image.shape[2])
    if image.shape[2] == 4 and pixels[:, 3].any():
        pixels = pixels[pixels[:, 3] > 0]
    few: NDArray[np.float64] = pixels[:, :3].astype(np.float64)
    white = 255.0 if image.dtype == np.uint8 else max(1.0, few.max(initial=0))
    return few / white


def grey_values(image: AnyArray) -> AnyArray:
    """Return the luminance of an image, ``(H, W, 3)`` or more, in its own dtype."""
    if has_equal_channels(image):
        return image[..., 0]
    if image.dtype.kind == "u":
        highest = np.iinfo(image.dtype).max
        unit = luminance((image[..., :3] / highest).astype(np.float32))
        grey: AnyArray = np.rint(unit.astype(np.float64) * highest).astype(image.dtype)
        return grey
    weighted: AnyArray = (image[..., :3].astype(np.float64) @ _LUMA).astype(image.dtype)
    return weighted
