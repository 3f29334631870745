"""Cues are planes of order 1: colour, distance, spread, and the descriptor."""

import numpy as np
import torch

from napari_oneshot_color.matching.cues import CUE_PLANES, Neighbours
from napari_oneshot_color.settings.fixed import CHROMA_SCALE


def test_cues_are_stacked_in_order():
    rng = np.random.default_rng(0)
    chroma = rng.normal(0, 20, (6, 8, 2)).astype(np.float32)
    distance = rng.uniform(0, 3, (6, 8)).astype(np.float32)
    spread = rng.uniform(0, 30, (6, 8)).astype(np.float32)
    planes = rng.normal(size=(3, 6, 8)).astype(np.float32)
    local, described = torch.empty(48, 15), torch.empty(6, 8, 0)
    cues = Neighbours(chroma, distance, spread, planes, local, described).cues()
    assert cues.shape == (CUE_PLANES + 3, 6, 8)
    assert cues.dtype == np.float32
    np.testing.assert_allclose(cues[:2] * CHROMA_SCALE, np.moveaxis(chroma, -1, 0), rtol=1e-5)
    assert np.array_equal(np.argsort(cues[2].ravel()), np.argsort(distance.ravel()))
    assert np.array_equal(np.argsort(cues[3].ravel()), np.argsort(spread.ravel()))
    assert np.array_equal(cues[CUE_PLANES:], planes)
