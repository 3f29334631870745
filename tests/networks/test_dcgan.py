"""Tables I and II, layer by layer."""

import pytest
import torch
from torch import nn

from napari_oneshot_color.networks.dcgan import Discriminator, Generator
from napari_oneshot_color.networks.weights import (
    initialize,
)

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def kernel_weights(network):
    return sum(m.weight.numel() for m in network.modules() if isinstance(m, CONVOLUTIONS))


def output_shapes(network, kinds, example):
    """Run a network and note the output shape of each layer of some kinds."""
    shapes = []
    for module in network.modules():
        if isinstance(module, kinds):
            module.register_forward_hook(lambda m, i, output: shapes.append(tuple(output.shape)))
    network.eval()(example)
    return shapes


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_generator_has_the_layers_of_table_2():
    layers = [
        (type(m), m.in_channels, m.out_channels, m.kernel_size, m.stride)
        for m in Generator()
        if isinstance(m, CONVOLUTIONS)
    ]
    down, up, five, two = nn.Conv2d, nn.ConvTranspose2d, (5, 5), (2, 2)
    assert layers == [
        (down, 1, 64, five, two),
        (down, 64, 128, five, two),
        (down, 128, 256, five, two),
        (down, 256, 512, five, two),
        (up, 512, 256, five, two),
        (up, 256, 128, five, two),
        (up, 128, 64, five, two),
        (up, 64, 3, five, two),
    ]


def test_generator_halves_the_size_four_times_and_doubles_it_four_times():
    shapes = output_shapes(Generator(), CONVOLUTIONS, torch.zeros(1, 1, 64, 64))
    assert shapes == [
        (1, 64, 32, 32),
        (1, 128, 16, 16),
        (1, 256, 8, 8),
        (1, 512, 4, 4),
        (1, 256, 8, 8),
        (1, 128, 16, 16),
        (1, 64, 32, 32),
        (1, 3, 64, 64),
    ]


def test_generator_has_batch_norm_and_relu_after_each_convolution_but_only_tanh_at_the_end():
    kinds = [type(m) for m in Generator()]
    down = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] * 4
    up = [nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU] * 3
    assert kinds == [*down, *up, nn.ConvTranspose2d, nn.Tanh]


def test_generator_makes_colors_of_both_signs_between_minus_one_and_one():
    network = Generator(base_width=4)
    initialize(network, seeded(0))
    network[-2].weight.data *= 1000
    colors = network(torch.rand(8, 1, 32, 32, generator=seeded(1)) * 2 - 1)
    assert colors.shape == (8, 3, 32, 32)
    assert colors.min() < -0.9
    assert colors.max() > 0.9
    assert colors.abs().max() <= 1


def test_generator_kernels_hold_8608000_weights():
    assert kernel_weights(Generator()) == 8_608_000


def test_discriminator_kernels_hold_4305600_weights():
    assert kernel_weights(Discriminator()) == 4_305_600


def test_discriminator_has_the_layers_of_table_1():
    layers = [
        (m.in_channels, m.out_channels, m.kernel_size, m.stride)
        for m in Discriminator().features
        if isinstance(m, nn.Conv2d)
    ]
    five, two = (5, 5), (2, 2)
    assert layers == [
        (3, 64, five, two),
        (64, 128, five, two),
        (128, 256, five, two),
        (256, 512, five, two),
    ]


def test_discriminator_halves_the_size_four_times():
    shapes = output_shapes(Discriminator(), nn.Conv2d, torch.zeros(1, 3, 64, 64))
    assert shapes == [(1, 64, 32, 32), (1, 128, 16, 16), (1, 256, 8, 8), (1, 512, 4, 4)]


def test_only_the_first_layer_of_the_discriminator_has_no_batch_norm():
    kinds = [type(m) for m in Discriminator().features]
    others = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * 3
    assert kinds == [nn.Conv2d, nn.LeakyReLU, *others]


def test_discriminator_leaks_a_fifth_below_zero():
    slopes = {m.negative_slope for m in Discriminator().modules() if isinstance(m, nn.LeakyReLU)}
    assert slopes == {0.2}


def test_discriminator_ends_in_one_linear_layer_and_returns_one_logit_for_each_patch():
    network = Discriminator()
    linear = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in linear] == [(512 * 4 * 4, 1)]
    linear[0].bias.data.fill_(-7)
    linear[0].weight.data.zero_()
    logits = network.eval()(torch.zeros(2, 3, 64, 64))
    assert logits.tolist() == [-7, -7]  # a sigmoid would leave (0, 1)


@pytest.mark.parametrize("tile", [32, 48, 96])
def test_networks_take_every_allowed_tile_size(tile):
    grey = torch.zeros(2, 1, tile, tile)
    color = Generator(base_width=2).eval()(grey)
    assert color.shape == (2, 3, tile, tile)
    assert Discriminator(base_width=2, tile_size=tile).eval()(color).shape == (2,)


@pytest.mark.parametrize("kernel", [3, 5, 7, 9])
def test_networks_take_every_odd_kernel(kernel):
    color = Generator(2, kernel).eval()(torch.zeros(2, 1, 32, 32))
    assert color.shape == (2, 3, 32, 32)
    assert Discriminator(2, kernel, tile_size=32).eval()(color).shape == (2,)


@pytest.mark.parametrize("width", [2, 3, 4, 6, 12])
def test_networks_have_the_same_kinds_of_layers_at_every_width(width):
    generator, discriminator = Generator(width), Discriminator(width)
    assert [type(m) for m in generator] == [type(m) for m in Generator()]
    assert [type(m) for m in discriminator.features] == [type(m) for m in Discriminator().features]


def test_same_seed_gives_same_weights_and_another_seed_others():
    networks = [Discriminator(base_width=4) for _ in range(3)]
    for network, seed in zip(networks, (5, 5, 6), strict=True):
        initialize(network, seeded(seed))
    first, same, other = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["judge.weight"], other["judge.weight"])
    assert not torch.equal(first["features.0.weight"], other["features.0.weight"])
