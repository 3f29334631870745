"""Colour spaces, and the join of a grey image's L* with a* and b*.

Grey always means the sRGB-encoded grey with the same CIE luminance, and therefore the same L*. Only
with this grey does the grey of a colour image give back its own L* in a join in CIELAB.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_oneshot_color.types import Image

__all__ = [
    "CUBE",
    "RGB_TO_XYZ",
    "WHITE",
    "XYZ_TO_RGB",
    "colored",
    "colored_in_strips",
    "lightness",
    "luminance",
    "rgb_of_lab",
]

RGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ).astype(np.float32)
WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)  # D65, 2 degrees
CUBE = 0.008856  # relative to white; CIELAB is linear below
_STRIP = 2**18  # px that are converted at once, which fit into a core's cache
_GAMUT_TOLERANCE = 1e-4  # of linear light: under half a step of 8 bits, even near black


def lightness(grey: Image) -> Image:
    """Compute L* in [0, 100] of a grey image, ``(H, W)`` float32 in [0, 1]."""
    linear = np.where(
        grey > 0.04045, ((grey + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4),
        grey / np.float32(12.92),
    )  # fmt: skip
    root = np.where(
        linear > CUBE, np.cbrt(linear), linear * np.float32(7.787) + np.float32(16 / 116)
    )
    return root * np.float32(116) - np.float32(16)


def luminance(image: Image) -> Image:
    """Convert colour to the grey of the same L*.

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
    return _encoded(linear.astype(np.float32) @ RGB_TO_XYZ[1].astype(np.float32))


def colored(grey: Image, ab: Image) -> tuple[Image, Image, float]:
    """Join the L* of a grey image, ``(H, W)``, with a* and b*, ``(H, W, 2)``; see `join`."""
    lab = np.concatenate([lightness(grey)[..., None], ab], axis=2)
    linear = _linear_rgb(lab)
    outside = (linear < -_GAMUT_TOLERANCE) | (linear > 1 + _GAMUT_TOLERANCE)
    return _encoded(linear), lab, float(outside.any(axis=2).mean())


def colored_in_strips(grey: Image, chroma: Callable[[slice], Image]) -> tuple[Image, Image, float]:
    """Like `colored`, but some rows at a time, which needs little memory beyond the results.

    Parameters
    ----------
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    chroma : callable
        Returns a* and b* of some rows, ``(h, W, 2)`` float32.
    """
    height, width = grey.shape
    final, lab = (np.empty((height, width, 3), np.float32) for _ in range(2))
    step = max(1, _STRIP // width)
    clipped = 0.0
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        final[rows], lab[rows], share = colored(grey[rows], chroma(rows))
        clipped += share * (rows.stop - rows.start)
    return final, lab, clipped / height


def rgb_of_lab(lab: Image) -> Image:
    """Convert CIELAB, ``(H, W, 3)``, to sRGB, float32 in [0, 1], clipped."""
    return _encoded(_linear_rgb(lab))


def _linear_rgb(lab: Image) -> Image:
    """Convert CIELAB to linear sRGB without clipping; scikit-image would clip.

    The order of operations is the same for every pixel, so that a part of an image gives the same
    bytes as the whole; a matrix product does not guarantee that.
    """
    y = (lab[..., 0] + 16) / 116
    roots = (y + lab[..., 1] / 500, y, y - lab[..., 2] / 200)
    xyz = [
        np.where(root > 6 / 29, root * root * root, (root - 16 / 116) / 7.787) * white
        for root, white in zip(roots, WHITE, strict=True)
    ]
    linear = np.empty_like(lab)
    for channel, (of_x, of_y, of_z) in enumerate(XYZ_TO_RGB):
        linear[..., channel] = of_x * xyz[0] + of_y * xyz[1] + of_z * xyz[2]
    return linear


def _encoded(linear: Image) -> Image:
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)
    return np.clip(encoded, 0, 1).astype(np.float32)
