"""The 15 numbers that describe a cell, and means over cells."""

import numpy as np
import pytest
import torch

from napari_oneshot_color.matching.features import cell_means, local_features


def image(height, width, seed=0):
    noise = np.random.default_rng(seed).uniform(0, 100, (height, width)).astype(np.float32)
    return torch.from_numpy(noise)


@pytest.mark.parametrize("shape", [(64, 80), (65, 79), (66, 81)])
def test_every_cell_has_15_numbers_even_if_cells_do_not_fit(shape):
    features = local_features(image(*shape))
    assert features.shape == (-(-shape[0] // 4), -(-shape[1] // 4), 15)
    assert features.isfinite().all()


def test_mean_of_a_cell_is_the_mean_of_its_pixels():
    pixels = image(8, 12)[..., None]
    means = cell_means(pixels)
    assert means.shape == (2, 3, 1)
    torch.testing.assert_close(means[1, 2, 0], pixels[4:8, 8:12].mean())


def test_height_is_the_only_feature_that_varies_in_a_constant_image():
    features = local_features(torch.full((64, 64), 50.0))
    varied = features.flatten(0, 1).std(0) > 1e-3
    assert varied.sum() == 1
    height = features[..., varied].squeeze(-1)
    assert (height.diff(dim=0).abs() > 0).all()
    torch.testing.assert_close(height[:, 0], height[:, -1])
