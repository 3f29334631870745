"""Makes the matcher for some settings, and counts the planes that a network is given."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from napari_oneshot_color.matching.cues import CUE_PLANES
from napari_oneshot_color.matching.descriptor import find_descriptor
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Image

__all__ = ["cue_planes", "matcher_for"]

_CPU = torch.device("cpu")


def cue_planes(settings: Settings) -> int:
    """Return how many planes a network with these settings is given in addition to L*."""
    return CUE_PLANES + (settings.descriptor_planes if settings.descriptor != "none" else 0)


def matcher_for(
    sources: Sequence[Image], settings: Settings, device: torch.device = _CPU
) -> Matcher:
    """Make the matcher for some settings.

    Parameters
    ----------
    sources : sequence of ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB, at the working size.
    settings : Settings
        The three settings of the descriptor are used.
    device : torch.device
        Where to compute.

    Raises
    ------
    MissingDescriptorError
        If the descriptor's weights are not installed.
    """
    return Matcher(
        *sources,
        descriptor=find_descriptor(settings.descriptor, device),
        weight=settings.descriptor_weight,
        planes=settings.descriptor_planes,
        device=device,
    )
