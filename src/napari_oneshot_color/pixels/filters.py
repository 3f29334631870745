"""Linear filters of grey images on any device: SciPy's on the CPU, equivalent ones on a GPU.

On a GPU, filtering along an axis is a product with a matrix that contains the kernel in every row.
Beyond the border, the image is mirrored, as in SciPy's mode ``reflect``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import resize_local_mean
from torch import Tensor

__all__ = ["area_means", "filter_matrix", "gaussian", "gaussian_gradient_magnitude", "uniform"]

_TRUNCATED = 4.0  # standard deviations, as in SciPy


def gaussian(image: Tensor, sigma: float) -> Tensor:
    """Smooth with a Gaussian, like `scipy.ndimage.gaussian_filter`.

    Parameters
    ----------
    image : Tensor
        ``(H, W)`` float.
    sigma : float
        Width in px; 0 changes nothing.

    Returns
    -------
    Tensor
        ``(H, W)``, of the same dtype and on the same device.
    """
    if image.device.type == "cpu":
        return torch.from_numpy(ndimage.gaussian_filter(image.numpy(), sigma))
    if sigma == 0:
        return image
    kernel = _gaussian_kernel(sigma)
    return _filtered(image, kernel, kernel)


def gaussian_gradient_magnitude(image: Tensor, sigma: float) -> Tensor:
    """Compute the gradient magnitude of a smoothed image, like SciPy's function of this name.

    Parameters
    ----------
    image : Tensor
        ``(H, W)`` float.
    sigma : float
        Width in px of the Gaussian, above 0.

    Returns
    -------
    Tensor
        ``(H, W)``, of the same dtype and on the same device.
    """
    if image.device.type == "cpu":
        return torch.from_numpy(ndimage.gaussian_gradient_magnitude(image.numpy(), sigma))
    kernel = _gaussian_kernel(sigma)
    reach = len(kernel) // 2
    slope = kernel * np.arange(-reach, reach + 1) / sigma**2
    down, across = _filtered(image, slope, kernel), _filtered(image, kernel, slope)
    return (down.square() + across.square()).sqrt()


def uniform(image: Tensor, side: int) -> Tensor:
    """Average over a square, like `scipy.ndimage.uniform_filter`.

    Parameters
    ----------
    image : Tensor
        ``(H, W)`` float.
    side : int
        Side of the square in px, odd.

    Returns
    -------
    Tensor
        ``(H, W)``, of the same dtype and on the same device.
    """
    if image.device.type == "cpu":
        return torch.from_numpy(ndimage.uniform_filter(image.numpy(), side))
    kernel = np.full(side, 1 / side)
    return _filtered(image, kernel, kernel)


def area_means(image: Tensor, shape: tuple[int, int]) -> Tensor:
    """Shrink by averaging over areas, like `skimage.transform.resize_local_mean`.

    Parameters
    ----------
    image : Tensor
        ``(H, W, C)`` float32.
    shape : tuple of int
        Wanted height and width, not larger.

    Returns
    -------
    Tensor
        ``(h, w, C)`` float32, on the same device.
    """
    if image.device.type == "cpu":
        means = resize_local_mean(image.numpy(), shape, channel_axis=2)
        return torch.from_numpy(means.astype(np.float32))
    down, across = (
        _area_matrix(length, count).to(image.device)
        for length, count in zip(image.shape[:2], shape, strict=True)
    )
    return torch.einsum("ij,jkc,lk->ilc", down, image, across)


def filter_matrix(length: int, kernel: NDArray[np.float64]) -> Tensor:
    """Return the matrix that filters a column, with mirrored borders, by multiplication.

    Parameters
    ----------
    length : int
        Length of the column.
    kernel : ndarray
        ``(2 r + 1,)`` float64.

    Returns
    -------
    Tensor
        ``(length, length)`` float64, on the CPU.
    """
    reach = len(kernel) // 2
    rows = np.arange(length)[:, None]
    columns = np.abs(rows + np.arange(-reach, reach + 1) + 0.5).astype(np.int64) % (2 * length)
    columns = np.minimum(columns, 2 * length - 1 - columns)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.broadcast_to(rows, columns.shape), columns), kernel)
    return torch.from_numpy(matrix)


def _gaussian_kernel(sigma: float) -> NDArray[np.float64]:
    reach = int(_TRUNCATED * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _filtered(image: Tensor, down: NDArray[np.float64], across: NDArray[np.float64]) -> Tensor:
    height, width = image.shape
    of_rows, of_columns = (
        filter_matrix(length, kernel).to(image.device, image.dtype)
        for length, kernel in ((height, down), (width, across))
    )
    return of_rows @ image @ of_columns.T


def _area_matrix(length: int, count: int) -> Tensor:
    edges = np.arange(count + 1) * (length / count)
    starts, ends = edges[:-1, None], edges[1:, None]
    places = np.arange(length)
    shares = np.minimum(places + 1, ends) - np.maximum(places, starts)
    return torch.from_numpy((np.maximum(shares, 0) / (ends - starts)).astype(np.float32))
