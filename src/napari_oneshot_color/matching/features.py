"""Local features of the cells of a grey image: lightness and texture at several scales."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from napari_oneshot_color.pixels.filters import (
    area_means,
    gaussian,
    gaussian_gradient_magnitude,
    uniform,
)
from napari_oneshot_color.settings.fixed import CELL

__all__ = ["cell_means", "local_features"]

_SCALES = (0, 1, 2, 4, 8, 16)  # px: widths of the Gaussians applied to L*
_SLOPES = (1, 4)  # px: widths of the Gaussians applied to its gradient
_COUNT = 2 * len(_SCALES) + len(_SLOPES) + 1


def local_features(lightness: Tensor) -> Tensor:
    """Describe every cell by 15 numbers.

    These are L* under Gaussians of 0 to 16 px, its standard deviation under the same, its gradient
    at 1 and 4 px, and the cell's height in the image.

    Parameters
    ----------
    lightness : Tensor
        ``(H, W)`` float32: L* in [0, 100], on any device.

    Returns
    -------
    Tensor
        ``(h, w, 15)`` float32, on the same device: h and w are a quarter of H and W, rounded up.
    """
    maps = torch.empty((*lightness.shape, _COUNT), dtype=torch.float32, device=lightness.device)
    for number, one in enumerate(_maps(lightness.double())):
        maps[..., number] = one
    return cell_means(maps)


def _maps(exact: Tensor) -> Iterator[Tensor]:
    """Describe every pixel, one feature at a time: all at once would fill the memory."""
    for scale in _SCALES:
        yield gaussian(exact, scale)
    windows = [partial(uniform, side=3)]  # a single pixel does not vary
    windows += [partial(gaussian, sigma=scale) for scale in _SCALES[1:]]
    for window in windows:
        # in float64: variances are small differences of large numbers
        variance = window(exact.square()) - window(exact).square()
        yield variance.clamp(min=0).sqrt()
    for scale in _SLOPES:
        yield gaussian_gradient_magnitude(exact, scale)
    height = torch.linspace(0, 1, exact.shape[0], dtype=exact.dtype, device=exact.device)
    yield height[:, None].expand_as(exact)


def cell_means(image: Tensor) -> Tensor:
    """Average over cells; the size of the image need not be a multiple of theirs.

    Parameters
    ----------
    image : Tensor
        ``(H, W, C)`` float32.

    Returns
    -------
    Tensor
        ``(h, w, C)`` float32: h and w are a quarter of H and W, rounded up.
    """
    height, width = image.shape[:2]
    return area_means(image, (-(-height // CELL), -(-width // CELL)))
