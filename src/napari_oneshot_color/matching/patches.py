"""Patches of L* around places of an image, and the most similar one of another image."""

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

_REACH = 8  # px from a place to the rim of the patch that describes it, at the finer scale
_SCALES = (1, 2)  # a patch, and one of twice the size and half the detail
_DIMENSIONS = 32  # principal components that are compared
_SAMPLE = 6_000  # places from which the components are taken
_CHUNK = 256, 2048  # places of target and source compared at once: what fits into a core's cache
_CHUNK_ELSEWHERE = 4096, 16_384  # on a GPU: 256 MB of distances


@torch.inference_mode()
def described_patches(source: Image, target: Image, device: torch.device) -> tuple[Tensor, Tensor]:
    """Describe every `STEP`th pixel of both images: ``(h, w, components)`` each."""
    described, wanted = _patches(source, device), _patches(target, device)
    flat = described.flatten(0, 1)
    sample = flat[:: max(1, len(flat) // _SAMPLE)]
    centred = sample - sample.mean(0)
    _, components = torch.linalg.eigh(centred.T @ centred)  # ascending
    components = components[:, -_DIMENSIONS:]
    return described @ components, wanted @ components


@torch.inference_mode()
def nearest_patches(described: Tensor, wanted: Tensor) -> Tensor:
    """Index of the row of `described` that is nearest to each row of `wanted`, ``(n,)`` int64."""
    of_target, of_source = _CHUNK if described.device.type == "cpu" else _CHUNK_ELSEWHERE
    starts = range(0, len(described), of_source)
    blocks = [described[start : start + of_source] for start in starts]
    prepared = [
        (start, block.T.contiguous(), block.square().sum(1))
        for start, block in zip(starts, blocks, strict=True)
    ]
    found = []
    for first in range(0, len(wanted), of_target):
        part = wanted[first : first + of_target]
        lowest = torch.full((len(part),), torch.inf, device=part.device)
        index = torch.zeros(len(part), dtype=torch.int64, device=part.device)
        for start, block, squares in prepared:
            distance = torch.addmm(squares, part, block, alpha=-2)  # but for the part's own square
            low, at = distance.min(1)
            index = torch.where(low < lowest, at + start, index)
            lowest = torch.minimum(low, lowest)
        found.append(index)
    return torch.cat(found)


def _patches(image: Image, device: torch.device) -> Tensor:
    """Describe every `STEP`th pixel by the L* around it, ``(h, w, features)``, near ones more."""
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
    return torch.stack(parts, dim=-1)
