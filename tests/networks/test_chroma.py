"""The network for chroma gives each cell two numbers, from L* and its cues."""

import pytest
import torch

from napari_oneshot_color.networks.chroma import ChromaNetwork
from napari_oneshot_color.networks.weights import (
    initialize_uniformly,
)


@pytest.mark.parametrize("side", [32, 96])
def test_chroma_network_returns_two_numbers_for_each_cell(side):
    network = ChromaNetwork(4, base_width=4)
    chroma = network(torch.zeros(2, 1, side, side), torch.zeros(2, 4, side // 4, side // 4))
    assert tuple(chroma.shape) == (2, 2, side // 4, side // 4)


def test_chroma_network_depends_on_distant_cells_and_on_cues():
    network = ChromaNetwork(4, base_width=4)
    initialize_uniformly(network, torch.Generator().manual_seed(0))
    network.eval()
    lightness, cues = torch.zeros(1, 1, 128, 128), torch.zeros(1, 4, 32, 32)
    plain = network(lightness, cues)
    lightness[..., 60:68, 60:68] = 1
    assert ((network(lightness, cues) - plain).abs().sum(1)[0, 16] > 0).sum() > 10  # cells
    lightness.zero_()
    cues[:, 0, 5, 5] = 1
    assert (network(lightness, cues) - plain)[..., 5, 5].abs().max() > 0
