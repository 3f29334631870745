"""Matched places and the colours that are copied from them, shared by all searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates, uniform_filter

from napari_oneshot_color.matching.agreement import ramp
from napari_oneshot_color.matching.patches import STEP
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import AnyArray, Image

__all__ = ["Match", "alikeness", "at_pixels", "best", "bounded", "laid_over", "moved"]

_MOST_PIXELS = 2**17  # of either image while both are matched


@dataclass(frozen=True)
class Match:
    """The place in a source of each pixel of a grey image, at the size at which they were matched.

    Attributes
    ----------
    lab : ndarray
        ``(h, w, 3)`` float32: the source.
    places : ndarray
        ``(2, H, W)`` float32: row and column in the source for each pixel of the grey image.
    weight : ndarray
        ``(H, W)`` float32 in [0, 1]: how far the places can be trusted.
    """

    lab: Image
    places: Image
    weight: Image

    @classmethod
    def none(cls, lab: Image, shape: tuple[int, int]) -> Match:
        """Return a match in which no place is trusted."""
        places = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        return cls(lab, places, np.zeros(shape, np.float32))

    @property
    def trust(self) -> float:
        """Mean weight."""
        return float(self.weight.mean())

    def copied(self, shape: tuple[int, ...]) -> tuple[Image, Image]:
        """Take the colour of the matched places.

        Parameters
        ----------
        shape : tuple of int
            Height and width of the grey image.

        Returns
        -------
        chroma : ndarray
            ``(*shape, 2)`` float32: a* and b* of the matched places.
        weight : ndarray
            Of that shape, float32 in [0, 1]: how far they can be trusted.
        """
        chroma = np.stack([laid_over(self.lab[..., c], self.places) for c in (1, 2)], axis=-1)
        height, width = shape
        return resized(chroma, (height, width)), resized(self.weight, (height, width))


def laid_over(image: Image, places: Image) -> Image:
    """Interpolate an image, ``(h, w)``, at places, ``(2, H, W)``; returns ``(H, W)``."""
    found: Image = map_coordinates(image, places, order=1, mode="nearest")
    return found


def best(matches: Sequence[Match]) -> Match:
    """Take each place from the match that trusts it most; all are of the same images."""
    lab, places, weight = matches[0].lab, matches[0].places, matches[0].weight
    for other in matches[1:]:
        places = np.where(other.weight > weight, other.places, places)
        weight = np.maximum(weight, other.weight)
    return Match(lab, places, weight)


def bounded(source: Image, grey: Image) -> tuple[Image, Image]:
    """Shrink two images by the same factor, if either is too large to be matched.

    Parameters
    ----------
    source : ndarray
        ``(h, w, 3)`` float32 in [0, 1].
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].

    Returns
    -------
    source, grey : ndarray
        The images, with at most 131,072 pixels each.
    """
    factor = min(1.0, (_MOST_PIXELS / max(grey.size, source[..., 0].size)) ** 0.5)
    smaller = [
        resized(image, (round(image.shape[0] * factor), round(image.shape[1] * factor)))
        for image in (source, grey)
    ]
    return smaller[0], smaller[1]


def at_pixels(steps: AnyArray, shape: tuple[int, int]) -> AnyArray:
    """Expand values of every `STEP`th pixel to all pixels.

    Parameters
    ----------
    steps : ndarray
        ``(h, w)``: a value for every `STEP`th pixel, down and across.
    shape : tuple of int
        H and W.

    Returns
    -------
    ndarray
        ``(H, W)``, of the same dtype; an odd last row or column repeats the one before.
    """
    y, x = (
        np.minimum(np.arange(length) // STEP, count - 1)
        for length, count in zip(shape, steps.shape, strict=True)
    )
    found: AnyArray = steps[np.ix_(y, x)]
    return found


def moved(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    shape: tuple[int, int],
    within: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the place from which each pixel's colour is copied.

    Parameters
    ----------
    rows, columns : ndarray
        ``(h, w)`` int64: how far every `STEP`th pixel moved, in steps.
    shape : tuple of int
        H and W of the image that is coloured.
    within : tuple of int
        Height and width of the image that is copied from.

    Returns
    -------
    y, x : ndarray
        ``(H, W)`` int64 each, within the latter.
    """
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (
        np.clip(y + at_pixels(rows, shape) * STEP, 0, within[0] - 1),
        np.clip(x + at_pixels(columns, shape) * STEP, 0, within[1] - 1),
    )


def alikeness(
    seen: Image,
    own: Image,
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    limits: tuple[float, float],
) -> Image:
    """Return how similar two images are where one is copied into the other.

    Parameters
    ----------
    seen, own : ndarray
        ``(h, w)`` and ``(H, W)`` float32, L* in [0, 100]: copied from, and coloured.
    places : tuple of ndarray
        y and x in the first for each pixel of the second, as `moved` returns them.
    limits : tuple of float
        Differences of L*: the result is 1 up to the first, and 0 from the second on.

    Returns
    -------
    ndarray
        ``(H, W)`` float32 in [0, 1].
    """
    difference = np.abs(uniform_filter(seen, 3)[places] - uniform_filter(own, 3))
    alike: Image = 1 - ramp(uniform_filter(difference, 5), *limits)
    return alike
