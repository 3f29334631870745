"""Weights start from a generator of their own; batch norm averages its first steps."""

import pytest
import torch
from torch import nn

from napari_oneshot_color.networks.chroma import ChromaNetwork
from napari_oneshot_color.networks.dcgan import Generator
from napari_oneshot_color.networks.weights import (
    average_batch_norm,
    initialize,
    initialize_uniformly,
    place,
)

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_weights_start_normal_with_deviation_0_02_around_0_and_batch_norm_around_1():
    network = Generator(base_width=32)
    initialize(network, seeded(0))
    for module in network:
        if isinstance(module, CONVOLUTIONS) and module.weight.numel() > 10_000:
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.05)
            assert module.weight.mean().item() == pytest.approx(0, abs=0.001)
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.02)
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.5)
            assert module.bias.abs().max() == 0
    assert network[-2].bias.abs().max() == 0


def test_initialize_draws_from_its_own_generator_only():
    network = Generator(base_width=4)
    before = torch.get_rng_state()
    initialize(network, seeded(0))
    assert torch.equal(torch.get_rng_state(), before)


def test_place_uses_channels_last_and_changes_no_weight():
    network = Generator(base_width=4)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    place(network, torch.device("cpu"))
    assert network[3].weight.is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_batch_norm_averages_the_batches_of_its_first_steps_without_torchs_initial_values():
    norm = nn.BatchNorm2d(1)
    means = [3.0, 7.0, 20.0, 2.0]
    for step, mean in enumerate(means, start=1):
        average_batch_norm(norm, step)
        norm(mean + torch.randn(4, 1, 8, 8, generator=seeded(step)) / 1000)
        assert norm.running_mean.item() == pytest.approx(sum(means[:step]) / step, rel=1e-3)
    assert norm.running_var.item() < 1e-5  # torch starts from 1


@pytest.mark.parametrize(("step", "momentum"), [(1, 1.0), (4, 0.25), (10, 0.1), (500, 0.1)])
def test_batch_norm_averages_continue_like_torchs_from_step_10(step, momentum):
    network = Generator(base_width=2)
    average_batch_norm(network, step)
    momenta = {m.momentum for m in network.modules() if isinstance(m, nn.BatchNorm2d)}
    assert momenta == {momentum}


def test_uniform_weights_come_from_the_generator_alone():
    first, same, other = (ChromaNetwork(4, 4) for _ in range(3))
    for network, seed in ((first, 1), (same, 1), (other, 2)):
        initialize_uniformly(network, torch.Generator().manual_seed(seed))
    weights = [network.stem[0].weight for network in (first, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert weights[0].abs().max() <= (20 * 9) ** -0.5
