"""A picture as it lies in a file, described once, and as a person sees it."""

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
"""Orientations that swap height and width."""


@dataclass(frozen=True)
class Description:
    """What was in a file, and what was done about it.

    Attributes
    ----------
    name : str
        The file's, for sentences.
    format : str
        What its first bytes say it is: ``PNG``, ``JPEG``, ``TIFF``, …
    model : str
        What its samples mean: ``grey``, ``RGB``, ``palette``, ``CMYK``, ``black ink``, ``YCbCr``,
        ``CIELab``, ``ICCLab``.
    bits : int
        For each sample; 0 where its dtype says all.
    is_inverted : bool
        Whether 0 is white.
    alpha : int or None
        Which of the samples beyond the colours it is; None if there is none.
    is_associated : bool
        Whether the colours were multiplied by it.
    orientation : int
        1 to 8, as EXIF and TIFF number them: 1 is upright.
    profile : bytes or None
        The ICC profile.
    palette : ndarray or None
        ``(n, 3)`` or ``(n, 4)``.
    luma : tuple of float or None
        Weights of red, green and blue in Y, where a file states them.
    pages : int
        Pages or frames in the file.
    pixel_size : tuple or None
        Height, width and unit of a pixel, where the file can be believed.
    resolution : tuple or None
        Pixels per unit along x and y, and the unit's number in TIFF: for the printer, to be kept.
    notes : tuple of str
        Sentences about what was done beyond reading.
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
        """Add sentences."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))

    def limits(self, given: Limits | None, dtype: np.dtype[Any]) -> Limits | None:
        """Bring limits in the file's own values to those of its pixels, see `widened`."""
        if given is None or not _is_narrow(dtype, self.bits):
            return given
        factor = np.iinfo(dtype).max / (2**self.bits - 1)
        return given[0] * factor, given[1] * factor


@dataclass(frozen=True)
class Picture:
    """Pixels as a person sees them, and what they were in the file.

    Attributes
    ----------
    pixels : ndarray
        Grey ``(H, W)``, with alpha ``(H, W, 2)``, sRGB ``(H, W, 3)``, with alpha ``(H, W, 4)``; for
        a stack, ``(…, H, W)``.
    about : Description
        The file's own.
    """

    pixels: AnyArray
    about: Description


def color_samples(model: str) -> int:
    """Give the number of samples of a pixel that are colours, in a model of `Description`."""
    return _COLOR_SAMPLES.get(model, 3)


def shown(samples: AnyArray, about: Description) -> Picture:
    """Turn the samples of one page into what a person sees.

    Parameters
    ----------
    samples : ndarray
        ``(H, W)`` or ``(H, W, n)`` as they lie in the file.
    about : Description
        What they mean.

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
            f"'{about.name}' holds {inks.get(about.model, about.model)}: it was converted to "
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
    """Whether the last of an image's channels is its alpha."""
    return pixels.ndim == 3 and pixels.shape[2] in (2, 4)


def upright(image: Any, orientation: int, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turn and flip an image as its orientation says; a view.

    Parameters
    ----------
    image : array
        An array of numpy or dask.
    orientation : int
        1 to 8.
    axes : tuple of int
        Where its rows and columns are.
    """
    if orientation in TRANSPOSED:
        image = image.swapaxes(*axes)
    if orientation in (3, 4, 7, 8):
        image = np.flip(image, axes[0])
    if orientation in (2, 3, 6, 7):
        image = np.flip(image, axes[1])
    return image


def widened(values: AnyArray, bits: int) -> AnyArray:
    """Bring numbers of 1 to 15 bits to the whole range of 8 or 16: the largest becomes white.

    Parameters
    ----------
    values : ndarray
        bool, uint8 or uint16; others are left as they are.
    bits : int
        That the file states; 0 and the dtype's own leave all as it is.
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
    """Give the bits that a dtype takes; 1 for bool."""
    return 1 if dtype.kind == "b" else dtype.itemsize * 8


def _is_narrow(dtype: np.dtype[Any], bits: int) -> bool:
    return dtype.kind == "u" and dtype.itemsize <= 2 and 0 < bits < container_bits(dtype)
