"""Colour spaces, and the LAB join: the target's own L* with the a* and b* of a result.

Grey means, everywhere: the sRGB-encoded grey with the same CIE luminance, and so the same L*.
The paper joins in LAB; only with this grey does a colour image's own grey give back its own L*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from napari_oneshot_color.resizing import upsample
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["join", "luminance", "luminance_of_tensor"]

Image = NDArray[np.float32]

_RGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ).astype(np.float32)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)  # D65, 2 degrees
_GAMUT_TOLERANCE = 1e-4  # of linear light: under half a step of 8 bits, even near black


def luminance_of_tensor(colour: Tensor) -> Tensor:
    """Turn colour into the grey of the same L*.

    Parameters
    ----------
    colour : Tensor
        ``(n, 3, h, w)`` float in [0, 1], sRGB.

    Returns
    -------
    Tensor
        ``(n, 1, h, w)`` float in [0, 1], sRGB.
    """
    import torch  # the viewer checks images with this module before it needs torch

    linear = torch.where(colour > 0.04045, ((colour + 0.055) / 1.055) ** 2.4, colour / 12.92)
    weights = torch.tensor(_RGB_TO_XYZ[1], dtype=colour.dtype, device=colour.device)
    y = (linear * weights.view(3, 1, 1)).sum(1, keepdim=True)
    encoded = torch.where(y > 0.0031308, 1.055 * y ** (1 / 2.4) - 0.055, y * 12.92)
    return encoded.clamp(0, 1)


def luminance(image: Image) -> Image:
    """Turn colour into the grey of the same L*.

    Parameters
    ----------
    image : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.

    Returns
    -------
    ndarray
        ``(H, W)`` float32 in [0, 1], sRGB.
    """
    linear = np.where(image > 0.04045, ((image + 0.055) / 1.055) ** 2.4, image / 12.92)
    return _encoded(linear.astype(np.float32) @ _RGB_TO_XYZ[1].astype(np.float32))


def join(target: Image, colour: Image, settings: Settings) -> tuple[Image, Image, float]:
    """Join the target's own L* with the a* and b* of a result (the paper's last step).

    Parameters
    ----------
    target : ndarray
        ``(H, W)`` float32 in [0, 1]: the grey target at its full size.
    colour : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB, at the working size.
    settings : Settings
        `upsampling` and the two ``guide_…`` settings, for sizes that differ.

    Returns
    -------
    final : ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB; L* is the target's wherever nothing was clipped.
    lab : ndarray
        ``(H, W, 3)`` float32: L* in [0, 100], a* and b*, before clipping.
    clipped : float
        Fraction of pixels whose colour sRGB cannot show at that L*, and which were clipped.
    """
    ab = rgb2lab(colour)[..., 1:].astype(np.float32)
    if ab.shape[:2] != target.shape:
        ab = upsample(ab, target, settings)
    lightness = rgb2lab(np.repeat(target[..., None], 3, axis=2))[..., :1].astype(np.float32)
    lab = np.concatenate([lightness, ab], axis=2)
    linear = _linear_rgb(lab)
    outside = (linear < -_GAMUT_TOLERANCE) | (linear > 1 + _GAMUT_TOLERANCE)
    return _encoded(linear), lab, float(outside.any(axis=2).mean())


def _linear_rgb(lab: Image) -> Image:
    """Convert to linear sRGB, not clipped: scikit-image clips, which hides what was outside."""
    y = (lab[..., 0] + 16) / 116
    roots = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = np.where(roots > 6 / 29, roots**3, (roots - 16 / 116) / 7.787) * _WHITE
    linear: Image = xyz.astype(np.float32) @ _XYZ_TO_RGB.T
    return linear


def _encoded(linear: Image) -> Image:
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)
    return np.clip(encoded, 0, 1).astype(np.float32)
