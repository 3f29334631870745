"""A description of the samples in an image file, and their conversion to a viewable image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from napari_oneshot_color.files import color_models, profiles
from napari_oneshot_color.types import AnyArray, Limits

__all__ = [
    "TRANSPOSED",
    "Description",
    "Picture",
    "color_samples",
    "container_bits",
    "has_alpha",
    "shown",
    "upright",
    "widened",
]

_COLOR_SAMPLES = {"grey": 1, "palette": 1, "black ink": 1, "CMYK": 4}  # others have three
TRANSPOSED = (5, 6, 7, 8)
"""Orientations that exchange height and width."""


@dataclass(frozen=True)
class Description:
    """Description of an image file, and of how it was converted.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    format : str
        Format according to the first bytes: ``PNG``, ``JPEG``, ``TIFF``, …
    model : str
        Meaning of the samples: ``grey``, ``RGB``, ``palette``, ``CMYK``, ``black ink``, ``YCbCr``,
        ``CIELab``, ``ICCLab``.
    bits : int
        Bits per sample; 0 if all bits of the dtype are used.
    is_inverted : bool
        Whether 0 is white.
    alpha : int or None
        Index of the alpha among the samples beyond the colours; None if there is none.
    is_associated : bool
        Whether the colours are premultiplied by alpha.
    orientation : int
        1 to 8, as in EXIF and TIFF; 1 is upright.
    profile : bytes or None
        The ICC profile.
    palette : ndarray or None
        ``(n, 3)`` or ``(n, 4)``.
    luma : tuple of float or None
        Weights of red, green and blue in Y, if the file states them.
    pages : int
        Number of pages or frames in the file.
    pixel_size : tuple or None
        Height, width and unit of a pixel, if the file states them reliably.
    resolution : tuple or None
        Print resolution: pixels per unit along x and y, and the unit's number in TIFF.
    notes : tuple of str
        Sentences about conversions.
    """

    name: str = "image"
    format: str = "TIFF"
    model: str = "RGB"
    bits: int = 0
    is_inverted: bool = False
    alpha: int | None = None
    is_associated: bool = False
    orientation: int = 1
    profile: bytes | None = None
    palette: AnyArray | None = None
    luma: tuple[float, float, float] | None = None
    pages: int = 1
    pixel_size: tuple[float, float, str] | None = None
    resolution: tuple[float, float, int] | None = None
    notes: tuple[str, ...] = ()

    def noting(self, *notes: str) -> Description:
        """Return a copy with further notes."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))

    def limits(self, given: Limits | None, dtype: np.dtype[Any]) -> Limits | None:
        """Convert limits from the file's values to those of the pixels; see `widened`."""
        if given is None or not _is_narrow(dtype, self.bits):
            return given
        factor = np.iinfo(dtype).max / (2**self.bits - 1)
        return given[0] * factor, given[1] * factor


@dataclass(frozen=True)
class Picture:
    """An image in grey or sRGB, with the description of its file.

    Attributes
    ----------
    pixels : ndarray
        Grey ``(H, W)``, with alpha ``(H, W, 2)``, sRGB ``(H, W, 3)``, with alpha ``(H, W, 4)``; for
        a stack, ``(…, H, W)``.
    about : Description
        Description of the file.
    """

    pixels: AnyArray
    about: Description


def color_samples(model: str) -> int:
    """Return how many samples of a pixel are colours, in a model of `Description`."""
    return _COLOR_SAMPLES.get(model, 3)


def shown(samples: AnyArray, about: Description) -> Picture:
    """Convert the samples of one page to an upright image in grey or sRGB.

    Parameters
    ----------
    samples : ndarray
        ``(H, W)`` or ``(H, W, n)``, as stored in the file.
    about : Description
        Their meaning.

    Returns
    -------
    Picture
        Upright, grey or sRGB.
    """
    count = color_samples(about.model)
    color, alpha = samples, None
    if samples.ndim == 3:
        color = samples[..., :count] if count > 1 else samples[..., 0]
        if about.alpha is not None:
            alpha = widened(samples[..., count + about.alpha], about.bits)
    model = about.model
    if about.is_inverted:
        color = color_models.inverted(color, about.bits)
    if model == "palette":
        assert about.palette is not None
        color = about.palette[np.minimum(color, len(about.palette) - 1)]
        if color.shape[-1] == 4:
            color, alpha = color[..., :3], color[..., 3]
        model = "RGB"
    else:
        color = widened(color, about.bits)
    if model in ("CIELab", "ICCLab"):
        color = color_models.lab_to_rgb(color, is_icc=model == "ICCLab")
        model = "sRGB"
    elif model == "YCbCr":
        color = color_models.ycbcr_to_rgb(color, about.luma)
        model = "RGB"
    elif model == "black ink":
        color = color_models.inverted(color, 0)
        model = "grey"
    if alpha is not None and about.is_associated:
        color = color_models.divided(color, alpha)
    if about.profile is not None and model != "sRGB":
        color, note = profiles.to_srgb(color, about.profile, model, about.name)
        about = about.noting(note)
        model = "sRGB" if color.ndim == 3 and model == "CMYK" and color.shape[2] == 3 else model
    if model == "CMYK":
        color = color_models.cmyk_to_rgb(color)
    if about.model in ("CMYK", "black ink", "CIELab", "ICCLab"):
        inks = {"CMYK": "printing inks (CMYK)", "black ink": "black ink alone"}
        about = about.noting(
            f"'{about.name}' contains {inks.get(about.model, about.model)}: it was converted to "
            f"{'grey' if color.ndim == 2 else 'sRGB'}."
        )
    pixels = color if alpha is None else np.dstack([color, alpha.astype(color.dtype)])
    if about.orientation in TRANSPOSED:
        about = replace(
            about, pixel_size=_swapped(about.pixel_size), resolution=_swapped(about.resolution)
        )
    return Picture(upright(pixels, about.orientation), about)


def _swapped(sizes: Any) -> Any:
    return None if sizes is None else (sizes[1], sizes[0], sizes[2])


def has_alpha(pixels: AnyArray) -> bool:
    """Return whether the last channel of an image is its alpha."""
    return pixels.ndim == 3 and pixels.shape[2] in (2, 4)


def upright(image: Any, orientation: int, axes: tuple[int, int] = (0, 1)) -> Any:
    """Return a view of an image, rotated and flipped upright.

    Parameters
    ----------
    image : array
        An array of numpy or dask.
    orientation : int
        1 to 8.
    axes : tuple of int
        The axes of its rows and columns.
    """
    if orientation in TRANSPOSED:
        image = image.swapaxes(*axes)
    if orientation in (3, 4, 7, 8):
        image = np.flip(image, axes[0])
    if orientation in (2, 3, 6, 7):
        image = np.flip(image, axes[1])
    return image


def widened(values: AnyArray, bits: int) -> AnyArray:
    """Scale values of 1 to 15 bits to the whole range of 8 or 16 bits.

    Parameters
    ----------
    values : ndarray
        bool, uint8 or uint16; others are returned unchanged.
    bits : int
        Bits per sample in the file; 0 and the dtype's own number change nothing.
    """
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if not _is_narrow(values.dtype, bits):
        return values
    low, high = 2**bits - 1, np.iinfo(values.dtype).max
    wide = (values.astype(np.uint32) * high + low // 2) // low
    narrow: AnyArray = np.minimum(wide, high).astype(values.dtype)
    return narrow


def container_bits(dtype: np.dtype[Any]) -> int:
    """Return the number of bits of a dtype; 1 for bool."""
    return 1 if dtype.kind == "b" else dtype.itemsize * 8


def _is_narrow(dtype: np.dtype[Any], bits: int) -> bool:
    return dtype.kind == "u" and dtype.itemsize <= 2 and 0 < bits < container_bits(dtype)
