"""Colour spaces, and the LAB join: the target's own L* with the a* and b* of a result.

Grey means, everywhere: the sRGB-encoded grey with the same CIE luminance, and so the same L*.
The paper joins in LAB; only with this grey does a colour image's own grey give back its own L*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "chroma_field",
    "colored",
    "colored_in_strips",
    "join",
    "lab_of_tensor",
    "lightness",
    "luminance",
    "luminance_of_tensor",
    "rgb_of_lab",
    "rgb_of_tensor",
]

Image = NDArray[np.float32]

_RGB_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_XYZ_TO_RGB = np.linalg.inv(_RGB_TO_XYZ).astype(np.float32)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)  # D65, 2 degrees
_CUBE = 0.008856  # of white: CIELAB is linear below
_STRIP = 2**18  # px that are converted at once: they stay in a core's cache
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
    red, green, blue = (float(weight) for weight in _RGB_TO_XYZ[1])  # no copy from the host
    y = red * linear[:, :1] + green * linear[:, 1:2] + blue * linear[:, 2:]
    encoded = torch.where(y > 0.0031308, 1.055 * y ** (1 / 2.4) - 0.055, y * 12.92)
    return encoded.clamp(0, 1)


def lab_of_tensor(colour: Tensor) -> Tensor:
    """Turn sRGB into CIELAB, ``(n, 3, h, w)``: float in [0, 1] to L*, a*, b*."""
    import torch

    linear = torch.where(colour > 0.04045, ((colour + 0.055) / 1.055) ** 2.4, colour / 12.92)
    matrix = (_RGB_TO_XYZ / _WHITE[:, None]).astype(np.float32)
    x, y, z = torch.einsum("ij,njhw->inhw", torch.from_numpy(matrix).to(colour.device), linear)
    roots = [
        torch.where(part > _CUBE, part.clamp(min=_CUBE) ** (1 / 3), 7.787 * part + 16 / 116)
        for part in (x, y, z)
    ]
    parts = [116 * roots[1] - 16, 500 * (roots[0] - roots[1]), 200 * (roots[1] - roots[2])]
    return torch.stack(parts, dim=1)


def rgb_of_tensor(lab: Tensor) -> Tensor:
    """Turn CIELAB into sRGB, ``(n, 3, h, w)``: L*, a*, b* to float in [0, 1], clipped."""
    import torch

    y = (lab[:, 0] + 16) / 116
    roots = torch.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200])
    xyz = torch.where(roots > 6 / 29, roots**3, (roots - 16 / 116) / 7.787)
    matrix = torch.from_numpy(_XYZ_TO_RGB * _WHITE).to(lab.device)
    linear = torch.einsum("ij,jnhw->nihw", matrix, xyz).clamp(0, 1)
    encoded = torch.where(
        linear > 0.0031308,
        1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055,
        linear * 12.92,
    )
    return encoded.clamp(0, 1)


def lightness(grey: Image) -> Image:
    """Compute L* in [0, 100] of a grey image, ``(H, W)`` float32 in [0, 1]."""
    linear = np.where(
        grey > 0.04045, ((grey + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4),
        grey / np.float32(12.92),
    )  # fmt: skip
    root = np.where(
        linear > _CUBE, np.cbrt(linear), linear * np.float32(7.787) + np.float32(16 / 116)
    )
    return root * np.float32(116) - np.float32(16)


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
    height, width = colour.shape[:2]
    field = chroma_field(colour, shrunk(target, (height, width)), target.shape, settings)
    return colored_in_strips(target, lambda rows: field.in_rows(target, rows))


def chroma_field(
    colour: Image, grey: Image, shape: tuple[int, ...], settings: Settings
) -> ChromaField:
    """Prepare a result's a* and b* to be joined with the target's L*.

    Parameters
    ----------
    colour : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB, at the working size.
    grey : ndarray
        ``(h, w)`` float32 in [0, 1]: the target at the working size.
    shape : tuple of int
        Height and width of the target in px.
    settings : Settings
        As for `join`.
    """
    ab = rgb2lab(colour)[..., 1:].astype(np.float32)
    if ab.shape[:2] == shape:
        return ChromaField.exact(ab)
    return ChromaField.over(ab, grey, settings)


def colored(grey: Image, ab: Image) -> tuple[Image, Image, float]:
    """Join the L* of a grey image, ``(H, W)``, with a* and b*, ``(H, W, 2)``; returns as `join`."""
    lab = np.concatenate([lightness(grey)[..., None], ab], axis=2)
    linear = _linear_rgb(lab)
    outside = (linear < -_GAMUT_TOLERANCE) | (linear > 1 + _GAMUT_TOLERANCE)
    return _encoded(linear), lab, float(outside.any(axis=2).mean())


def colored_in_strips(grey: Image, chroma: Callable[[slice], Image]) -> tuple[Image, Image, float]:
    """Do as `colored`, some rows at a time: little memory is needed beside the results.

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
    """Turn CIELAB, ``(H, W, 3)``, into sRGB, float32 in [0, 1], clipped."""
    return _encoded(_linear_rgb(lab))


def _linear_rgb(lab: Image) -> Image:
    """Convert to linear sRGB, not clipped: scikit-image clips, which hides what was outside.

    Pixel by pixel, in the same order of operations wherever a pixel lies: a matrix product
    does not promise that, and parts of an image must come out as the whole does.
    """
    y = (lab[..., 0] + 16) / 116
    roots = (y + lab[..., 1] / 500, y, y - lab[..., 2] / 200)
    xyz = [
        np.where(root > 6 / 29, root * root * root, (root - 16 / 116) / 7.787) * white
        for root, white in zip(roots, _WHITE, strict=True)
    ]
    linear = np.empty_like(lab)
    for channel, (of_x, of_y, of_z) in enumerate(_XYZ_TO_RGB):
        linear[..., channel] = of_x * xyz[0] + of_y * xyz[1] + of_z * xyz[2]
    return linear


def _encoded(linear: Image) -> Image:
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, linear * 12.92)
    return np.clip(encoded, 0, 1).astype(np.float32)
