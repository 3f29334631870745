"""Upsampling of chroma to the target's full size, along the edges of its grey, part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.resizing import interpolated
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Image

__all__ = ["ChromaField", "chroma_field", "guided"]


@dataclass(frozen=True)
class ChromaField:
    """a* and b* of a target of any size, as linear functions of its grey: slope x grey + offset.

    There is one function for each pixel of the working image. Their coefficients are interpolated,
    and the colour of a target pixel then depends on its own grey alone: a part of a target can be
    coloured without the rest, and the result is the same, byte for byte.

    Parameters
    ----------
    lines : ndarray
        ``(h, w, 4)`` float32: slopes of a* and b*, offsets of a* and b*.
    """

    lines: Image

    @classmethod
    def over(cls, ab: Image, grey: Image, settings: Settings) -> ChromaField:
        """Prepare a* and b* for upsampling.

        ``guided`` is the fast guided filter (He and Sun, 2015): where the grey image is
        smooth, colour is interpolated; where it has an edge, colour follows the edge.

        Parameters
        ----------
        ab : ndarray
            ``(h, w, 2)`` float32.
        grey : ndarray
            ``(h, w)`` float32 in [0, 1]: the target, shrunk to the same size.
        settings : Settings
            `upsampling`, `guide_radius` and `guide_epsilon`.
        """
        if settings.upsampling == "linear":
            return cls.exact(ab)
        return cls(_guided_lines(ab, grey, settings))

    @classmethod
    def exact(cls, ab: Image) -> ChromaField:
        """Make a field that returns `ab`, ``(h, w, 2)`` float32, whatever the grey is."""
        return cls(np.concatenate([np.zeros_like(ab), ab], axis=2))

    def at(
        self, grey: Image, shape: tuple[int, int] | None = None, top: int = 0, left: int = 0
    ) -> Image:
        """Return a* and b* of a part of the target.

        Parameters
        ----------
        grey : ndarray
            ``(H, W)`` float32 in [0, 1]: the part.
        shape : tuple of int, optional
            Height and width of the whole target in px, if the part is smaller.
        top, left : int
            Position of the part in the target.

        Returns
        -------
        ndarray
            ``(H, W, 2)`` float32: a* and b*.
        """
        height, width = shape or (grey.shape[0], grey.shape[1])
        lines = self.lines
        if lines.shape[:2] != (height, width):
            lines = interpolated(lines, height, top, grey.shape[0])
            lines = interpolated(lines.swapaxes(0, 1), width, left, grey.shape[1]).swapaxes(0, 1)
        elif grey.shape != (height, width):
            lines = lines[top : top + grey.shape[0], left : left + grey.shape[1]]
        color: Image = lines[..., :2] * grey[..., None] + lines[..., 2:]
        return color

    def in_rows(self, grey: Image, rows: slice) -> Image:
        """Return a* and b* of some rows of the target: ``(h, W, 2)`` float32.

        Parameters
        ----------
        grey : ndarray
            ``(H, W)`` float32 in [0, 1]: the whole target.
        rows : slice
            The rows, with a start.
        """
        return self.at(grey[rows], (grey.shape[0], grey.shape[1]), rows.start)


def chroma_field(
    color: Image, grey: Image, shape: tuple[int, ...], settings: Settings
) -> ChromaField:
    """Prepare a* and b* of a result for the join with the target's L*.

    Parameters
    ----------
    color : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB, at the working size.
    grey : ndarray
        ``(h, w)`` float32 in [0, 1]: the target at the working size.
    shape : tuple of int
        Height and width of the target in px.
    settings : Settings
        As for `join`.
    """
    ab = rgb2lab(color)[..., 1:].astype(np.float32)
    if ab.shape[:2] == shape:
        return ChromaField.exact(ab)
    return ChromaField.over(ab, grey, settings)


def guided(ab: Image, guide: Image, settings: Settings) -> Image:
    """Smooth a* and b* along a grey image's edges: the guided filter.

    Parameters
    ----------
    ab : ndarray
        ``(h, w, 2)`` float32.
    guide : ndarray
        ``(h, w)`` float32 in [0, 1].
    settings : Settings
        `guide_radius` and `guide_epsilon`.

    Returns
    -------
    ndarray
        ``(h, w, 2)`` float32.
    """
    return ChromaField(_guided_lines(ab, guide, settings)).at(guide)


def _guided_lines(ab: Image, grey: Image, settings: Settings) -> Image:
    small = grey[..., None]
    size = (2 * settings.guide_radius + 1, 2 * settings.guide_radius + 1, 1)
    mean_grey, mean_ab = uniform_filter(small, size), uniform_filter(ab, size)
    covariance = uniform_filter(small * ab, size) - mean_grey * mean_ab
    variance = uniform_filter(small * small, size) - mean_grey * mean_grey
    slope = covariance / (variance + settings.guide_epsilon)
    offset = mean_ab - slope * mean_grey
    lines: Image = uniform_filter(np.concatenate([slope, offset], axis=2), size)
    return lines.astype(np.float32, copy=False)
