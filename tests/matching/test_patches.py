"""Patches are described at every second pixel, and the most similar one is found exactly."""

import numpy as np
import torch

from napari_oneshot_color.matching.patches import STEP, described_patches, nearest_patches


def texture(shape, seed=0):
    return np.random.default_rng(seed).uniform(0, 100, shape).astype(np.float32)


def test_both_images_are_described_in_the_same_components():
    source, target = texture((60, 80)), texture((50, 40), seed=1)
    described, wanted = described_patches(source, target, torch.device("cpu"))
    assert described.shape[:2] == (60 // STEP, 80 // STEP)
    assert wanted.shape[:2] == (50 // STEP, 40 // STEP)
    assert described.shape[2] == wanted.shape[2]


def test_a_part_of_the_source_finds_itself():
    source = texture((80, 100))
    part = source[20:70, 30:90]
    described, wanted = described_patches(source, part, torch.device("cpu"))
    inner = wanted[8:-8, 8:-8]  # farther from the rim than a patch reaches
    found = nearest_patches(described.flatten(0, 1), inner.flatten(0, 1))
    rows, columns = np.unravel_index(found.numpy().reshape(inner.shape[:2]), described.shape[:2])
    y, x = np.mgrid[: inner.shape[0], : inner.shape[1]]
    assert np.array_equal(rows, y + 8 + 20 // STEP)
    assert np.array_equal(columns, x + 8 + 30 // STEP)


def test_nearest_patch_does_not_depend_on_the_chunks():
    rng = torch.Generator().manual_seed(0)
    described = torch.randn(5000, 7, generator=rng)
    wanted = torch.randn(600, 7, generator=rng)
    assert torch.equal(nearest_patches(described, wanted), torch.cdist(wanted, described).argmin(1))


def test_source_without_contrast_in_lightness_is_described_too():
    for level in np.linspace(5, 95, 19):
        flat = np.full((32, 32), level, np.float32)
        described, wanted = described_patches(flat, texture((40, 40)), torch.device("cpu"))
        assert described.isfinite().all()
        assert wanted.isfinite().all()
