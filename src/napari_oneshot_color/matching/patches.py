"""Patches of L* around places of an image, and the search for the most similar ones."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import pad

from napari_oneshot_color.types import Image

__all__ = ["STEP", "described_patches", "nearest_patches"]

STEP = 2
"""px between the places that are described, down and across."""

_REACH = 8  # px from a place to the edge of its patch, at the finer scale
_SCALES = (1, 2)  # a patch, and one of twice the size and half the detail
_DIMENSIONS = 32  # principal components that are compared
_SAMPLE = 6_000  # places from which the components are computed
_LEAST_CONTRAST = 1e-5  # of L* / 100 between their patches; less is rounding
_CHUNK = 256, 1024  # places of target and source compared at once: what fits into a core's cache
_CHUNK_ELSEWHERE = 4096, 16_384  # on a GPU: 256 MB of distances


@torch.inference_mode()
def described_patches(source: Image, target: Image, device: torch.device) -> tuple[Tensor, Tensor]:
    """Describe every `STEP`th pixel of both images: ``(h, w, components)`` each."""
    described, wanted = _patches(source, device), _patches(target, device)
    flat = described.flatten(1)
    sample = flat[:, :: max(1, flat.shape[1] // _SAMPLE)]
    centred = sample - sample.mean(1, keepdim=True)
    if centred.abs().amax() < _LEAST_CONTRAST:  # the components of rounding may not be found
        centred = torch.zeros_like(centred)
    _, components = torch.linalg.eigh(centred @ centred.T)  # ascending
    components = components[:, -_DIMENSIONS:]
    return _projected(described, components), _projected(wanted, components)


@torch.inference_mode()
def nearest_patches(described: Tensor, wanted: Tensor) -> Tensor:
    """Return the index of the row of `described` nearest to each of `wanted`, ``(n,)`` int64.

    The block of `described` that holds it is found first, and then its place there: a minimum of
    distances takes a fraction of the time of its index.
    """
    of_target, of_source = _CHUNK if described.device.type == "cpu" else _CHUNK_ELSEWHERE
    # squared, less the squared norm of what is wanted: one product for each block
    wanted = torch.cat([wanted, torch.ones_like(wanted[:, :1])], 1)
    described = torch.cat([-2 * described, described.square().sum(1, keepdim=True)], 1)
    blocks = [block.T.contiguous() for block in described.split(of_source)]
    found = []
    for part in wanted.split(of_target):
        lowest = torch.stack([torch.mm(part, block).amin(1) for block in blocks])
        found.append(lowest.argmin(0))
    holding = torch.cat(found)
    index = torch.empty_like(holding)
    for number, block in enumerate(blocks):
        for rows in (holding == number).nonzero()[:, 0].split(of_target):
            index[rows] = torch.mm(wanted[rows], block).argmin(1) + number * of_source
    return index


def _projected(patches: Tensor, components: Tensor) -> Tensor:
    """Bring patches, ``(features, h, w)``, down to their components: ``(h, w, components)``."""
    found: Tensor = (patches.flatten(1).T @ components).view(*patches.shape[1:], -1)
    return found


def _patches(image: Image, device: torch.device) -> Tensor:
    """Describe every `STEP`th pixel by L* around it, weighted: ``(features, h, w)``."""
    parts = []
    for scale in _SCALES:
        seen = image / 100 if scale == 1 else gaussian_filter(image / 100, scale / 2)
        reach = _REACH * scale
        padded = pad(torch.from_numpy(seen).to(device)[None, None], (reach,) * 4, mode="replicate")[
            0, 0
        ]
        for y in range(-_REACH, _REACH + 1, 2):
            for x in range(-_REACH, _REACH + 1, 2):
                nearness = np.exp(-0.5 * (y * y + x * x) / (_REACH / 1.7) ** 2)
                top, left = reach + y * scale + STEP // 2, reach + x * scale + STEP // 2
                height, width = image.shape
                window = padded[top : top + height - STEP // 2, left : left + width - STEP // 2]
                parts.append(window[::STEP, ::STEP] * float(nearness))
    return torch.stack(parts)
