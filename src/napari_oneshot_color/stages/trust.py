"""The trust in a chroma network that is still learning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, interpolate

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.pixels.tensors import lab_of_tensor, luminance_of_tensor
from napari_oneshot_color.settings.fixed import CELL, CHROMA_SCALE
from napari_oneshot_color.stages import tiles

__all__ = ["earned_trust", "trusted"]


def trusted(colorizer: Colorizer) -> Colorizer:
    """Set the trust of a colorizer whose training is not finished; see `earned_trust`."""
    return replace(colorizer, trust=earned_trust(colorizer))


@torch.inference_mode()
def earned_trust(colorizer: Colorizer) -> float:
    """Return the share of the chroma that comes from the network, not from nearest neighbours.

    Both predict the colours of the sources, with the surroundings of every place excluded from the
    search for neighbours. The mix of the two that is closest to the true colours determines the
    share. It is squared, because only the network was trained on these places.

    Parameters
    ----------
    colorizer : Colorizer
        The colorizer; its current `trust` is ignored.

    Returns
    -------
    float
        In [0, 1]; 1 for a network without cues.
    """
    matcher = colorizer.matcher
    if not colorizer.takes_cues or matcher is None:
        return 1.0
    alone = replace(colorizer, trust=1.0)
    along = square = 0.0
    for source, own in zip(matcher.sources, matcher.own_cues, strict=True):
        height, width = source.shape[:2]
        image = torch.from_numpy(source).permute(2, 0, 1)
        lab = lab_of_tensor(image[None])[0]
        cues = interpolate(own[:1], scale_factor=CELL, mode="nearest")[0, :, :height, :width]
        side = colorizer.settings.tile_side(height, width)
        places = tiles.lattice_positions(height, width, side, side)
        inputs = tiles.cut(torch.cat([luminance_of_tensor(image[None])[0], cues]), places, side)
        predicted = lab_of_tensor(alone.color(inputs).cpu())[:, 1:]
        truth = tiles.cut(lab[1:], places, side)
        neighbours = inputs[:, 1:3] * CHROMA_SCALE
        change = avg_pool2d(predicted - neighbours, CELL)
        wanted = avg_pool2d(truth - neighbours, CELL)
        along += float((change * wanted).sum())
        square += float(change.square().sum())
    share = along / square if square else 1.0
    return float(np.clip(share, 0, 1)) ** 2
