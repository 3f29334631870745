"""Conversions from the colour models of image files to RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.types import AnyArray

__all__ = ["cmyk_to_rgb", "divided", "inverted", "lab_to_rgb", "ycbcr_to_rgb"]

_LUMA = (0.299, 0.587, 0.114)

# From XYZ under D50, the white of Lab in files, to linear sRGB under D65 (Bradford adaptation)
_TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)
_D50 = np.array([0.9642, 1.0, 0.8251])


def inverted(values: AnyArray, bits: int) -> AnyArray:
    """Invert values: ``2^bits - 1 - v``, or over the dtype's whole range if `bits` is 0."""
    if values.dtype.kind == "u" and bits:
        values = np.asarray(2**bits - 1 - values, values.dtype)
        return values
    result: AnyArray = ~values
    return result


def divided(color: AnyArray, alpha: AnyArray) -> AnyArray:
    """Divide colours by their alpha (unpremultiply); fully transparent pixels stay black."""
    alpha = alpha if color.ndim == 2 else alpha[..., None]
    share = np.divide(_unit(color), _unit(alpha), out=np.zeros(color.shape), where=alpha > 0)
    return _like(share, color)


def cmyk_to_rgb(inks: AnyArray) -> AnyArray:
    """Convert CMYK to RGB as Pillow does: ``(1 - ink) (1 - black)``.

    Parameters
    ----------
    inks : ndarray
        ``(H, W, 4)``; 0 is no ink.
    """
    paper = 1 - _unit(inks)
    return _like(paper[..., :3] * paper[..., 3:], inks)


def ycbcr_to_rgb(samples: AnyArray, luma: tuple[float, float, float] | None) -> AnyArray:
    """Convert full-range YCbCr to RGB.

    Parameters
    ----------
    samples : ndarray
        ``(H, W, 3)`` unsigned integers; the zero of Cb and Cr is in the middle of the range.
    luma : tuple of float, optional
        Weights of red, green and blue; None takes those of ITU-R BT.601, as JPEG does.
    """
    red_part, green_part, blue_part = luma or _LUMA
    middle = (np.iinfo(samples.dtype).max + 1) // 2 / np.iinfo(samples.dtype).max
    y, cb, cr = np.moveaxis(_unit(samples), -1, 0)
    red = y + (cr - middle) * (2 - 2 * red_part)
    blue = y + (cb - middle) * (2 - 2 * blue_part)
    green = (y - red_part * red - blue_part * blue) / green_part
    return _like(np.stack([red, green, blue], axis=-1), samples)


def lab_to_rgb(samples: AnyArray, *, is_icc: bool) -> AnyArray:
    """Convert the CIELAB of TIFF files, under D50, to sRGB.

    Parameters
    ----------
    samples : ndarray
        ``(H, W, 3)``: uint8 or uint16, as encoded in TIFF, or floats: plain L*, a*, b*.
    is_icc : bool
        Whether a* and b* are shifted to be positive (ICCLab); CIELab's are signed.
    """
    lab = samples.astype(np.float64)
    if samples.dtype.kind in "ui":
        is_byte = samples.dtype.itemsize == 1
        step = 1.0 if is_byte else 256.0
        signed = np.dtype(np.int8 if is_byte else np.int16)
        lab[..., 0] = samples[..., 0].astype(f"u{samples.dtype.itemsize}") / (
            2.55 if is_byte else 652.8 if is_icc else 655.35
        )
        if is_icc:
            lab[..., 1:] = lab[..., 1:] / step - 128
        else:
            lab[..., 1:] = samples[..., 1:].astype(signed) / step
    y = (lab[..., 0] + 16) / 116
    cube = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(cube > 6 / 29, cube**3, (cube - 4 / 29) * 3 * (6 / 29) ** 2) * _D50
    linear = np.clip(xyz @ _TO_SRGB.T, 0, 1)
    unit = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return _like(unit, samples)


def _unit(values: AnyArray) -> NDArray[np.float64]:
    """Scale integers to [0, 1]; floats are returned unchanged."""
    floats: NDArray[np.float64] = values.astype(np.float64)
    return floats / np.iinfo(values.dtype).max if values.dtype.kind in "ui" else floats


def _like(unit: NDArray[np.float64], pattern: AnyArray) -> AnyArray:
    """Scale [0, 1] to the range of a pattern's dtype."""
    if pattern.dtype.kind == "f":
        return unit.astype(np.float32)
    dtype = np.dtype(f"u{pattern.dtype.itemsize}")
    highest = np.iinfo(dtype).max
    return np.clip(np.rint(unit * highest), 0, highest).astype(dtype)
