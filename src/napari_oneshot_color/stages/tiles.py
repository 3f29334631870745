"""Positions of tiles on the target, a lattice and random places; cutting and placing tiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from napari_oneshot_color.types import Positions

__all__ = ["all_positions", "cut", "lattice_positions", "place", "random_positions"]


def lattice_positions(height: int, width: int, tile: int = 64, stride: int = 32) -> Positions:
    """Return tile positions at every `stride` px, row by row: equation (4).

    At 256 x 256 px there are 7 x 7 = 49; the paper's text says 64, which its formula cannot give.
    If the last row or column does not end at the border, one more is anchored there, so that
    every pixel is covered.

    Parameters
    ----------
    height, width : int
        Size of the target in px, each at least `tile`.
    tile, stride : int
        Side of a tile and distance between tiles in px.

    Returns
    -------
    ndarray
        ``(n, 2)`` int64: top and left of each tile.
    """
    top, left = (
        np.unique(np.append(np.arange(0, length - tile + 1, stride), length - tile))
        for length in (height, width)
    )
    grid = np.stack(np.meshgrid(top, left, indexing="ij"), axis=-1)
    return grid.reshape(-1, 2).astype(np.int64)


def random_positions(
    height: int, width: int, tile: int, count: int, rng: np.random.Generator
) -> Positions:
    """Return `count` uniformly distributed random tile positions.

    Returns
    -------
    ndarray
        ``(count, 2)`` int64: top and left of each tile.
    """
    highest = (height - tile + 1, width - tile + 1)
    return rng.integers(0, highest, size=(count, 2), dtype=np.int64)


def all_positions(
    height: int, width: int, tile: int, stride: int, count: int, rng: np.random.Generator
) -> tuple[Positions, int]:
    """Return the lattice, followed by random positions up to `count` tiles.

    Returns
    -------
    positions : ndarray
        ``(n, 2)`` int64; n is `count`, or the size of the lattice if that is larger.
    on_lattice : int
        Number of lattice tiles, which come first.
    """
    lattice = lattice_positions(height, width, tile, stride)
    rest = max(0, count - len(lattice))
    scattered = random_positions(height, width, tile, rest, rng)
    return np.concatenate([lattice, scattered]), len(lattice)


def cut(image: Tensor, positions: Positions, tile: int) -> Tensor:
    """Cut tiles out of an image.

    Parameters
    ----------
    image : Tensor
        ``(C, H, W)``.
    positions : ndarray
        ``(n, 2)`` int64: top and left.
    tile : int
        Side in px.

    Returns
    -------
    Tensor
        ``(n, C, tile, tile)``.
    """
    windows = image.unfold(1, tile, 1).unfold(2, tile, 1)  # (C, H', W', tile, tile), a view
    return windows[:, positions[:, 0], positions[:, 1]].transpose(0, 1)


def place(
    tiles: NDArray[np.float32], positions: Positions, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Put tiles on a canvas, each over those before it, so that the seams are visible.

    Parameters
    ----------
    tiles : ndarray
        ``(n, tile, tile, 3)`` float32 in [0, 1].
    positions : ndarray
        ``(n, 2)`` int64: top and left.
    shape : tuple of int
        Height and width of the canvas in px.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` float32; black where there is no tile.
    """
    canvas = np.zeros((*shape, 3), np.float32)
    side = tiles.shape[1]
    for piece, (top, left) in zip(tiles, positions, strict=True):
        canvas[top : top + side, left : left + side] = piece
    return canvas
