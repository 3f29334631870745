"""Tells how much two images have in common, by a descriptor at a small size."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from napari_oneshot_color.matching.descriptor import Descriptor
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.types import Image

__all__ = ["SEEN_AT", "likeness", "seen_from_afar"]

SEEN_AT = 128
"""Short side in px at which images are compared."""

_MOST_PIXELS = 4 * SEEN_AT**2  # a long panorama is shrunk further
_THINNED = 2  # every second cell is compared, down and across
_COARSE = 2  # last groups of the descriptor: fine details are alike in all photographs


@torch.inference_mode()
def seen_from_afar(grey: Image, descriptor: Descriptor, device: torch.device) -> list[Tensor]:
    """Describe some places of an image, at a small size.

    Parameters
    ----------
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    descriptor : Descriptor
        The descriptor, on the device.
    device : torch.device
        Where to compute.

    Returns
    -------
    list of Tensor
        ``(n, c)`` float32 for each group that counts; all rows have length 1.
    """
    factor = min(1.0, SEEN_AT / min(grey.shape), (_MOST_PIXELS / grey.size) ** 0.5)
    small = shrunk(grey, (round(grey.shape[0] * factor), round(grey.shape[1] * factor)))
    groups = descriptor.describe(torch.from_numpy(lightness(small)).to(device))[-_COARSE:]
    return [normalize(group[::_THINNED, ::_THINNED].flatten(0, 1), dim=1) for group in groups]


@torch.inference_mode()
def likeness(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """Compare every place of one image with its most similar one in the other, and vice versa.

    Parameters
    ----------
    one, other : sequence of Tensor
        As `seen_from_afar` returns them.

    Returns
    -------
    float
        The mean cosine: about 0.3 for images that have nothing in common, 1 for equal ones.
    """
    cosines = [own @ others.T for own, others in zip(one, other, strict=True)]
    best = [cosine.amax(dim).mean() for cosine in cosines for dim in (0, 1)]
    return float(torch.stack(best).mean())
