"""Colour space conversions of torch tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from napari_oneshot_color.pixels.color import CUBE, RGB_TO_XYZ, WHITE, XYZ_TO_RGB

__all__ = ["lab_of_tensor", "luminance_of_tensor", "rgb_of_tensor"]


def luminance_of_tensor(color: Tensor) -> Tensor:
    """Convert colour to the grey of the same L*.

    Parameters
    ----------
    color : Tensor
        ``(n, 3, h, w)`` float in [0, 1], sRGB.

    Returns
    -------
    Tensor
        ``(n, 1, h, w)`` float in [0, 1], sRGB.
    """
    linear = torch.where(color > 0.04045, ((color + 0.055) / 1.055) ** 2.4, color / 12.92)
    red, green, blue = (float(weight) for weight in RGB_TO_XYZ[1])  # no copy from the host
    y = red * linear[:, :1] + green * linear[:, 1:2] + blue * linear[:, 2:]
    encoded = torch.where(y > 0.0031308, 1.055 * y ** (1 / 2.4) - 0.055, y * 12.92)
    return encoded.clamp(0, 1)


def lab_of_tensor(color: Tensor) -> Tensor:
    """Convert sRGB, ``(n, 3, h, w)`` float in [0, 1], to CIELAB: L*, a*, b*."""
    linear = torch.where(color > 0.04045, ((color + 0.055) / 1.055) ** 2.4, color / 12.92)
    matrix = (RGB_TO_XYZ / WHITE[:, None]).astype(np.float32)
    x, y, z = torch.einsum("ij,njhw->inhw", torch.from_numpy(matrix).to(color.device), linear)
    roots = [
        torch.where(part > CUBE, part.clamp(min=CUBE) ** (1 / 3), 7.787 * part + 16 / 116)
        for part in (x, y, z)
    ]
    parts = [116 * roots[1] - 16, 500 * (roots[0] - roots[1]), 200 * (roots[1] - roots[2])]
    return torch.stack(parts, dim=1)


def rgb_of_tensor(lab: Tensor) -> Tensor:
    """Convert CIELAB, ``(n, 3, h, w)``, to sRGB: float in [0, 1], clipped."""
    y = (lab[:, 0] + 16) / 116
    roots = torch.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200])
    xyz = torch.where(roots > 6 / 29, roots**3, (roots - 16 / 116) / 7.787)
    matrix = torch.from_numpy(XYZ_TO_RGB * WHITE).to(lab.device)
    linear = torch.einsum("ij,jnhw->nihw", matrix, xyz).clamp(0, 1)
    encoded = torch.where(
        linear > 0.0031308,
        1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055,
        linear * 12.92,
    )
    return encoded.clamp(0, 1)
