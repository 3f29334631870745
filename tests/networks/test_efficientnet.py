"""EfficientNet-Lite0 against its published table, and against the package its weights are for."""

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from napari_oneshot_color.matching.descriptor import lite0_weights
from napari_oneshot_color.networks.efficientnet import ACTIVATIONS, EfficientNetLite0, lite0_with

PARAMETERS = 4_652_008  # published as 4.7 million
HEAD = 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000  # a convolution, batch norm, a linear layer


@pytest.fixture(scope="module")
def weights():
    return lite0_weights()


@pytest.fixture(scope="module")
def network(weights):
    return lite0_with(weights)


def test_stages_are_those_of_the_published_table():
    stages = EfficientNetLite0().stages
    told = [
        (
            len(stage),
            stage[0].depthwise.kernel_size[0],
            stage[0].depthwise.stride[0],
            stage[0].depthwise.in_channels // (stage[0].expand or stage[0].depthwise).in_channels,
            stage[-1].project.out_channels,
        )
        for stage in stages
    ]
    assert told == [
        (1, 3, 1, 1, 16),
        (2, 3, 2, 6, 24),
        (2, 5, 2, 6, 40),
        (3, 3, 2, 6, 80),
        (3, 5, 1, 6, 112),
        (4, 5, 2, 6, 192),
        (1, 3, 1, 6, 320),
    ]


def test_maps_of_a_depthwise_convolution_are_independent():
    for stage in EfficientNetLite0().stages:
        assert {block.depthwise.groups for block in stage} <= {
            block.depthwise.in_channels for block in stage
        }


def test_parameters_are_the_published_ones_but_for_the_head():
    convolutions = [m for m in EfficientNetLite0().modules() if isinstance(m, nn.Conv2d)]
    kernels = sum(m.weight.numel() for m in convolutions)
    norms = sum(2 * m.out_channels for m in convolutions)  # scale and shift, before they are folded
    assert kernels + norms == PARAMETERS - HEAD


def test_activations_shrink_by_their_strides(network):
    found = network(torch.zeros(1, 3, 64, 96))
    assert [tuple(maps.shape[1:]) for maps in found] == [
        (count, 64 // stride, 96 // stride) for stride, count in ACTIVATIONS.items()
    ]


def test_activations_are_those_of_the_package_that_the_weights_are_for(weights, network):
    published = EfficientNet.from_name("efficientnet-lite0").eval()
    published.load_state_dict(weights)
    found = []
    for block in (4, 10, 15):  # the last of each stride
        published._blocks[block].register_forward_hook(lambda m, i, output: found.append(output))
    image = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        published(image)
        for own, theirs in zip(network(image), found, strict=True):
            assert (own - theirs).abs().max() < 1e-5 * theirs.abs().max()


def test_a_missing_or_extra_weight_is_an_error(weights):
    with pytest.raises(KeyError, match=r"nothing takes blocks\.16"):
        lite0_with(weights | {"_blocks.16.weight": torch.zeros(1)})
    with pytest.raises(KeyError):
        lite0_with({name: tensor for name, tensor in weights.items() if "stem" not in name})


def test_network_is_only_for_inference(network):
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
