"""Sources with transparent parts, whose hidden colours nobody sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_oneshot_color.types import AnyArray

__all__ = ["opaque", "shown"]


def shown(image: AnyArray) -> NDArray[np.bool_]:
    """Return where an image of 3 or 4 channels is not fully transparent: ``(H, W)`` bool."""
    if image.shape[2] == 3:
        return np.ones(image.shape[:2], bool)
    visible: NDArray[np.bool_] = image[..., 3] > 0
    return visible


def opaque(image: AnyArray, name: str) -> tuple[AnyArray, tuple[str, ...]]:
    """Fill fully transparent pixels with their mirrored surroundings, so as not to learn them.

    Parameters
    ----------
    image : ndarray
        ``(H, W, 3)`` or ``(H, W, 4)``, any real dtype.
    name : str
        Its name in the notes.

    Returns
    -------
    pixels : ndarray
        ``(H, W, 3)``, of that dtype.
    notes : tuple of str
        What was done.
    """
    pixels = image[..., :3]
    if image.shape[2] == 3:
        return pixels, ()
    hidden = ~shown(image)
    if not hidden.any():
        return pixels, (f"The alpha channel of '{name}' was dropped.",)
    share = f"{hidden.mean():.0%}" if hidden.mean() >= 0.01 else "Less than 1%"
    nearest = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    mirrored = 2 * nearest - np.indices(hidden.shape)
    height, width = hidden.shape
    rows, columns = np.clip(mirrored[0], 0, height - 1), np.clip(mirrored[1], 0, width - 1)
    beyond = hidden[rows, columns]
    rows, columns = np.where(beyond, nearest[0], rows), np.where(beyond, nearest[1], columns)
    return pixels[rows, columns], (
        f"{share} of '{name}' is fully transparent and was replaced by its mirrored surroundings.",
    )
