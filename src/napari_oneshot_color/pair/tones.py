"""Grey that is stored as colour: told from colour, and from a print in one tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.types import AnyArray

__all__ = ["grey_values", "has_equal_channels", "is_nearly_grey", "is_toned"]

_LOOKED_AT = 250_000  # pixels, about, of a larger image
_TINT = 10 / 255  # between the channels of what is called grey
_NOISE = 24 / 255  # the same, in single pixels
_LEVELS = 32  # of grey, each of one colour in a toned print
_ONE_HUE = 0.97  # length of the mean of unit vectors
_LUMA = np.array([0.2126, 0.7152, 0.0722])


def has_equal_channels(image: AnyArray) -> bool:
    """Whether an image with channels, ``(H, W, 3)`` or ``(H, W, 4)``, is grey."""
    red, green, blue = (image[..., channel] for channel in range(3))
    return np.array_equal(red, green) and np.array_equal(green, blue)


def is_nearly_grey(image: AnyArray) -> bool:
    """Whether the channels of an image are equal, or as nearly as a scanner or a JPEG leaves them.

    A few levels of tint count as grey, and so do noise and fringes in a thousandth of the pixels;
    what a toned print has does not.
    """
    few = _few_of(image)
    spread = np.ptp(few, axis=1)
    return bool(
        np.quantile(spread, 0.5) <= _TINT
        and np.quantile(spread, 0.999) <= _NOISE
        and np.abs(few.mean(axis=0) - few.mean()).max() <= _TINT
    )


def is_toned(image: AnyArray) -> bool:
    """Whether an image is a print in one tone, such as sepia: one hue, which follows the grey.

    A photograph of brown things is of one hue, too, but one grey in it has many colours.
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
    """Take a sample of the colours that are seen in an image, ``(n, 3)``; 1 is its white.

    Of integers of more than 8 bits, that is the largest there: hardly any use their whole range.
    """
    step = max(1, int((image.shape[0] * image.shape[1] / _LOOKED_AT) ** 0.5))
    pixels = image[::step, ::step].reshape(-1, image.shape[2])
    if image.shape[2] == 4 and pixels[:, 3].any():
        pixels = pixels[pixels[:, 3] > 0]
    few: NDArray[np.float64] = pixels[:, :3].astype(np.float64)
    white = 255.0 if image.dtype == np.uint8 else max(1.0, few.max(initial=0))
    return few / white


def grey_values(image: AnyArray) -> AnyArray:
    """Take the grey of an image, ``(H, W, 3)`` or more, in its own dtype: its luminance."""
    if has_equal_channels(image):
        return image[..., 0]
    if image.dtype.kind == "u":
        highest = np.iinfo(image.dtype).max
        unit = luminance((image[..., :3] / highest).astype(np.float32))
        grey: AnyArray = np.rint(unit.astype(np.float64) * highest).astype(image.dtype)
        return grey
    weighted: AnyArray = (image[..., :3].astype(np.float64) @ _LUMA).astype(image.dtype)
    return weighted
