"""Quickshift regions of the target and their median colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median
from skimage.segmentation import quickshift

from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Image, Labels

__all__ = ["Painted", "find_regions", "paint_regions", "region_medians"]


def find_regions(target: NDArray[np.float32], settings: Settings) -> Labels:
    """Segment the grey target with Quickshift (Vedaldi and Soatto, 2008).

    Parameters
    ----------
    target : ndarray
        ``(H, W)`` float32 in [0, 1].
    settings : Settings
        The ``quickshift_…`` settings, and the seed that breaks ties.

    Returns
    -------
    ndarray
        ``(H, W)`` int32, from 1; 0 is reserved for the user, as napari's background.
    """
    labels: Labels = quickshift(
        np.repeat(target[..., None], 3, axis=2),
        ratio=settings.quickshift_ratio,
        kernel_size=settings.quickshift_kernel_size,
        max_dist=settings.quickshift_max_dist,
        sigma=settings.quickshift_sigma,
        convert2lab=True,
        rng=settings.seed,
    )
    return labels.astype(np.int32) + 1


def region_medians(
    image: NDArray[np.float32], labels: Labels
) -> tuple[Labels, NDArray[np.float32]]:
    """Compute the median colour of each region, channel by channel.

    Parameters
    ----------
    image : ndarray
        ``(H, W, 3)`` float32.
    labels : ndarray
        ``(H, W)`` integer.

    Returns
    -------
    names : ndarray
        ``(n,)``: the labels in use, ascending.
    colors : ndarray
        ``(n, 3)`` float32: their medians.
    """
    names = np.unique(labels)
    medians = [median(image[..., channel], labels, names) for channel in range(image.shape[2])]
    return names, np.stack(medians, axis=1).astype(np.float32)


def paint_regions(
    labels: Labels, names: Labels, colors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return an image in which every pixel has the colour of its region.

    Parameters
    ----------
    labels : ndarray
        ``(H, W)`` integer.
    names, colors : ndarray
        ``(n,)`` ascending labels, including all of `labels`, and their ``(n, 3)`` colours.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` float32.
    """
    return colors[np.searchsorted(names, labels)]


class Painted:
    """The regions of an image in their median colours, computed on first use.

    Quickshift takes longer than many other stages, and not every preset needs the regions.

    Parameters
    ----------
    image : ndarray
        ``(h, w, 3)`` float32 in [0, 1].
    find : callable
        Returns the regions, ``(h, w)`` int32.
    """

    def __init__(self, image: Image, find: Callable[[], Labels]) -> None:
        self._image = image
        self._find = find

    @classmethod
    def as_edited(cls, labels: Labels, names: Labels, colors: Image, quickshift: Image) -> Painted:
        """Return an instance for edited regions with known labels and colours."""
        painted = cls(quickshift, lambda: labels)
        painted._medians = names, colors
        painted.quickshift = quickshift
        return painted

    @cached_property
    def regions(self) -> Labels:
        """The regions: ``(h, w)`` int32, from 1."""
        return self._find()

    @property
    def names(self) -> Labels:
        """The labels in use: ``(n,)`` int32, ascending."""
        return self._medians[0]

    @property
    def colors(self) -> Image:
        """Their median colours: ``(n, 3)`` float32 in [0, 1]."""
        return self._medians[1]

    @cached_property
    def quickshift(self) -> Image:
        """The regions in these colours: ``(h, w, 3)`` float32 in [0, 1]."""
        return paint_regions(self.regions, self.names, self.colors)

    @cached_property
    def _medians(self) -> tuple[Labels, Image]:
        return region_medians(self._image, self.regions)
