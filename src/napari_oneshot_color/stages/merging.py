"""Merges overlapping tiles into one image, weighted by SSIM."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_oneshot_color.pixels.filters import filter_matrix
from napari_oneshot_color.pixels.tensors import luminance_of_tensor
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Positions

__all__ = ["WeightedMerge", "ssim", "tile_weights"]


def ssim(first: Tensor, second: Tensor, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Compute the structural similarity (Wang et al., 2004) of batches, for each pixel.

    Equal to ``skimage.metrics.structural_similarity`` with ``gaussian_weights=True``,
    ``use_sample_covariance=False``, ``data_range=1`` and the same window.

    Parameters
    ----------
    first, second : Tensor
        ``(n, s, s)`` float32 in [0, 1].
    window : int
        Side of the Gaussian window in px, odd.
    sigma : float
        Its width in px.

    Returns
    -------
    Tensor
        ``(n, s, s)`` float32 in [-1, 1]. Values at less than half a window from the border
        involve mirrored pixels: exclude them from a mean, as `tile_weights` does.
    """
    # for small tiles, two matrix products are faster than convolutions on every device
    blur = _blur(first.shape[-1], window, sigma).to(first.device)
    # centred on their mean: rounding would swamp the small variances of bright flat tiles
    level = (first + second).mean(dim=(1, 2), keepdim=True) / 2
    a, b = first - level, second - level
    moments = torch.stack([a, b, a * a, b * b, a * b])  # (5, n, s, s)
    mean1, mean2, square1, square2, product = (blur @ moments @ blur.T).unbind()
    variance1, variance2 = square1 - mean1 * mean1, square2 - mean2 * mean2
    covariance = product - mean1 * mean2
    mean1, mean2 = mean1 + level, mean2 + level
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mean1 * mean2 + c1) * (2 * covariance + c2)) / (
        (mean1 * mean1 + mean2 * mean2 + c1) * (variance1 + variance2 + c2)
    )


@lru_cache(maxsize=4)
def _blur(side: int, window: int, sigma: float) -> Tensor:
    """Return the window as an ``(s, s)`` float32 matrix, with mirrored borders."""
    offsets = np.arange(-(window // 2), window // 2 + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return filter_matrix(side, weights / weights.sum()).float()


def tile_weights(generated: Tensor, grey: Tensor, settings: Settings) -> Tensor:
    """Compute the weights of tiles: the SSIM of their own grey and the target's grey.

    Parameters
    ----------
    generated : Tensor
        ``(n, 3, s, s)`` float32 in [0, 1]: the coloured tiles.
    grey : Tensor
        ``(n, 1, s, s)`` float32 in [0, 1]: the target's tiles.
    settings : Settings
        `merge_weights`, `ssim_window`, `ssim_sigma` and `minimum_weight`.

    Returns
    -------
    Tensor
        float32, at least `minimum_weight`; ``(n, 1, 1, 1)`` for ``tile``, ``(n, 1, s, s)`` for
        ``map``.
    """
    own_grey = luminance_of_tensor(generated)
    similarity = ssim(own_grey[:, 0], grey[:, 0], settings.ssim_window, settings.ssim_sigma)
    if settings.merge_weights == "tile":
        rim = settings.ssim_window // 2
        similarity = similarity[:, rim:-rim, rim:-rim].mean(dim=(1, 2), keepdim=True)
    return similarity[:, None].clamp(min=settings.minimum_weight)


class WeightedMerge:
    """A weighted average of overlapping tiles, with only one batch in memory at a time.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image in px.
    tile : int
        Side of the tiles in px.
    device : torch.device
        Where the float32 sums are stored.
    """

    def __init__(self, shape: tuple[int, int], tile: int, device: torch.device) -> None:
        self._shape = shape
        self._sums = torch.zeros(
            4, shape[0] * shape[1], dtype=torch.float32, device=device
        )  # colours, and weight
        rows = torch.arange(tile, device=device)
        self._within = (rows[:, None] * shape[1] + rows).flatten()

    def add(self, tiles: Tensor, positions: Positions, weights: Tensor) -> None:
        """Add tiles to the average.

        Parameters
        ----------
        tiles : Tensor
            ``(n, 3, s, s)`` float32.
        positions : ndarray
            ``(n, 2)`` int64: top and left.
        weights : Tensor
            ``(n, 1, 1, 1)`` or ``(n, 1, s, s)`` float32, positive.
        """
        count, _, side, _ = tiles.shape
        weights = weights.expand(count, 1, side, side)
        weighted = torch.cat([tiles * weights, weights], dim=1)
        corner = torch.from_numpy(positions[:, 0] * self._shape[1] + positions[:, 1])
        where = corner.to(self._sums.device)[:, None] + self._within
        self._sums.index_add_(1, where.flatten(), weighted.transpose(0, 1).reshape(4, -1))

    def image(self) -> NDArray[np.float32]:
        """Return the current average, ``(H, W, 3)`` float32; black where no tile was added."""
        mean = self._sums[:3] / self._sums[3].clamp(min=torch.finfo(torch.float32).tiny)
        result: NDArray[np.float32] = mean.T.reshape(*self._shape, 3).cpu().numpy()
        return result
