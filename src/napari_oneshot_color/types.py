"""Names of arrays, colours and limits in signatures."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["AnyArray", "ArrayLike", "Color", "Image", "Labels", "Limits", "Positions"]

AnyArray = NDArray[Any]
"""An array of any real dtype."""

Image = NDArray[np.float32]
"""Pixels inside the method: grey or sRGB in [0, 1], or L*, a*, b*, as documented there."""

Labels = NDArray[np.int32]
"""A label for each pixel; 0 means none."""

Positions = NDArray[np.int64]
"""Top and left of tiles, ``(n, 2)``."""

Color = tuple[float, float, float]
"""Red, green and blue, sRGB in [0, 1]."""

Limits = tuple[float, float]
"""The values that become 0 and 1."""


class ArrayLike(Protocol):
    """An array that may be lazy."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Size along each axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
