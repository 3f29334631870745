"""SSIM weights against scikit-image, the weighted merge against a loop, the Gaussian."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import gray2rgb
from skimage.metrics import structural_similarity

from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.stages.merging import WeightedMerge, ssim, tile_weights
from napari_oneshot_color.stages.smoothing import smooth
from napari_oneshot_color.stages.tiles import lattice_positions, random_positions

CPU = torch.device("cpu")


def merged(shape, tiles, positions, weights, batch=1000):
    merge = WeightedMerge(shape, tiles.shape[-1], CPU)
    for start in range(0, len(tiles), batch):
        part = slice(start, start + batch)
        merge.add(tiles[part], positions[part], weights[part])
    return merge.image()


def merged_by_a_loop(shape, tiles, positions, weights):
    sums, total = np.zeros((*shape, 3)), np.zeros((*shape, 1))
    side = tiles.shape[-1]
    weights = weights.double().expand(len(tiles), 1, side, side)
    for tile, (top, left), weight in zip(tiles.double(), positions, weights, strict=True):
        window = slice(top, top + side), slice(left, left + side)
        sums[window] += (tile * weight).permute(1, 2, 0).numpy()
        total[window] += weight.permute(1, 2, 0).numpy()
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)


def reference_ssim(first, second, sigma=1.5):
    """Mean and map of scikit-image in float64; its window is ``2 * int(3.5 * sigma + 0.5) + 1``."""
    return structural_similarity(
        first.astype(float),
        second.astype(float),
        gaussian_weights=True,
        sigma=sigma,
        use_sample_covariance=False,
        data_range=1,
        full=True,
    )


def tiles_of(kind, seed=0):
    """Pairs of grey tiles, ``(n, 40, 40)``, that are hard in different ways."""
    rng = np.random.default_rng(seed)
    shape = (4, 40, 40)
    if kind == "noise":
        return rng.random(shape, np.float32), rng.random(shape, np.float32)
    level, change = {
        "similar": (0.5, 0.15),
        "dark": (0.02, 0.01),
        "bright and flat": (0.98, 0.005),
        "constant": (0.7, 0.0),
    }[kind]
    first = level + change * rng.standard_normal(shape)
    second = first + change * rng.standard_normal(shape)
    return np.clip(first, 0, 1).astype(np.float32), np.clip(second, 0, 1).astype(np.float32)


KINDS = ["noise", "similar", "dark", "bright and flat", "constant"]


@pytest.mark.parametrize("kind", KINDS)
def test_ssim_map_of_a_batch_agrees_with_scikit_image(kind):
    first, second = tiles_of(kind)
    maps = ssim(torch.from_numpy(first), torch.from_numpy(second), 11, 1.5)
    assert maps.dtype == torch.float32
    wanted = [reference_ssim(a, b)[1] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(maps, wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_scalar_weight_is_the_mean_of_scikit_image(kind, tiny):
    first, second = tiles_of(kind)
    generated = torch.from_numpy(gray2rgb(first)).permute(0, 3, 1, 2)
    weights = tile_weights(generated, torch.from_numpy(second)[:, None], tiny(ssim_window=11))
    assert weights.shape == (4, 1, 1, 1)
    means = [reference_ssim(a, b)[0] for a, b in zip(first, second, strict=True)]
    wanted = np.maximum(means, 0.001)  # the minimum weight
    np.testing.assert_allclose(weights[:, 0, 0, 0], wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("window", "sigma"), [(7, 0.9), (11, 1.5), (15, 2.0)])
def test_ssim_agrees_with_scikit_image_for_every_window(window, sigma):
    first, second = tiles_of("similar")
    maps = ssim(torch.from_numpy(first), torch.from_numpy(second), window, sigma)
    wanted = [reference_ssim(a, b, sigma)[1] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(maps, wanted, rtol=0, atol=1e-4)


def test_ssim_of_a_tile_with_itself_is_one():
    first, _ = tiles_of("noise")
    tile = torch.from_numpy(first)
    torch.testing.assert_close(ssim(tile, tile), torch.ones_like(tile), rtol=0, atol=1e-4)


def test_map_weights_are_the_ssim_of_each_pixel(tiny):
    first, second = tiles_of("similar")
    settings = tiny(merge_weights="map", ssim_window=11)
    generated = torch.from_numpy(gray2rgb(first)).permute(0, 3, 1, 2)
    weights = tile_weights(generated, torch.from_numpy(second)[:, None], settings)
    assert weights.shape == (4, 1, 40, 40)
    wanted = [reference_ssim(a, b)[1] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(weights[:, 0], np.clip(wanted, 0.001, None), rtol=0, atol=1e-4)


def test_weight_is_computed_from_the_grey_of_a_colored_tile(tiny):
    color = np.random.default_rng(0).random((40, 40, 3), np.float32)
    own_grey = torch.from_numpy(luminance(color))[None, None]
    generated = torch.from_numpy(color).permute(2, 0, 1)[None]
    assert tile_weights(generated, own_grey, tiny()).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", ["tile", "map"])
def test_weights_are_raised_to_the_minimum(tiny, kind):
    first, _ = tiles_of("noise")
    grey = torch.from_numpy(first)[:, None]
    negative = (1 - grey).expand(-1, 3, -1, -1)  # its SSIM is negative
    settings = tiny(merge_weights=kind, minimum_weight=0.25)
    weights = tile_weights(negative, grey, settings)
    assert weights.min() == 0.25
    if kind == "tile":
        assert (weights == 0.25).all()


def test_weights_make_a_better_tile_count_for_more(tiny):
    first, _ = tiles_of("noise")
    grey = torch.from_numpy(first[:1])[:, None]
    good = (grey + 0.01).clamp(0, 1).expand(-1, 3, -1, -1)
    poor = (grey * 0.3 + 0.5).expand(-1, 3, -1, -1)
    settings = tiny()
    assert tile_weights(good, grey, settings) > 1.2 * tile_weights(poor, grey, settings)


def test_merge_is_the_weighted_average_of_the_tiles_over_a_pixel():
    # rows of two pixels; the middle one lies under both: (1 * 0 + 3 * 1) / 4
    tiles = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    weights = torch.tensor([1.0, 3.0]).view(2, 1, 1, 1)
    image = merged((2, 4), tiles, np.array([[0, 0], [0, 1]]), weights)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image[..., 0], [[0, 0.75, 1, 0]] * 2)  # black where no tile lies
    np.testing.assert_array_equal(image[..., 2], image[..., 0])


def test_small_weights_count_by_their_ratio():
    tiles = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    weights = torch.tensor([1e-6, 3e-6]).view(2, 1, 1, 1)
    image = merged((2, 2), tiles, np.zeros((2, 2), np.int64), weights)
    np.testing.assert_allclose(image, 0.75, rtol=1e-6)


@given(
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    stride=st.integers(1, 8),
    extra=st.integers(0, 20),
    batch=st.integers(1, 30),
    kind=st.sampled_from(["tile", "map"]),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
    seed=st.integers(0, 1000),
)
def test_merge_equals_a_loop_over_the_tiles(height, width, stride, extra, batch, kind, dtype, seed):
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    positions = np.concatenate(
        [
            lattice_positions(height, width, 8, stride),
            random_positions(height, width, 8, extra, rng),
        ]
    )
    count, side = len(positions), 8 if kind == "map" else 1
    tiles = torch.rand(count, 3, 8, 8, generator=generator).to(dtype)
    weights = torch.rand(count, 1, side, side, generator=generator) + 0.001
    image = merged((height, width), tiles, positions, weights, batch)
    wanted = merged_by_a_loop((height, width), tiles, positions, weights)
    np.testing.assert_allclose(image, wanted, rtol=0, atol=1e-5)


@given(
    side=st.integers(2, 40),
    weight=st.floats(1e-6, 1),
    kind=st.sampled_from(["tile", "map"]),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
)
def test_merging_one_tile_that_covers_everything_returns_it(side, weight, kind, dtype):
    generator = torch.Generator().manual_seed(side)
    tile = torch.rand(1, 3, side, side, generator=generator).to(dtype)
    shape = (1, 1, side, side) if kind == "map" else (1, 1, 1, 1)
    weights = weight * (0.5 + torch.rand(shape, generator=generator))
    image = merged((side, side), tile, np.array([[0, 0]]), weights)
    np.testing.assert_allclose(image, tile[0].permute(1, 2, 0).float(), rtol=1e-6)


def test_merge_can_be_read_before_it_is_complete():
    merge = WeightedMerge((2, 2), 2, CPU)
    np.testing.assert_array_equal(merge.image(), 0)
    one = torch.ones(1, 1, 1, 1)
    merge.add(torch.ones(1, 3, 2, 2), np.array([[0, 0]]), one)
    np.testing.assert_array_equal(merge.image(), 1)
    merge.add(torch.zeros(1, 3, 2, 2), np.array([[0, 0]]), one)
    np.testing.assert_array_equal(merge.image(), 0.5)


def test_gaussian_of_width_0_changes_nothing_and_copies():
    image = np.random.default_rng(0).random((9, 8, 3), np.float32)
    same = smooth(image, 0)
    np.testing.assert_array_equal(same, image)
    assert not np.shares_memory(same, image)


def test_gaussian_smooths_within_a_channel_only():
    image = np.zeros((21, 21, 3), np.float32)
    image[10, 10, 0] = 1
    smoothed = smooth(image, 2.0)
    assert smoothed.dtype == np.float32
    # the height of a normalised Gaussian of width 2 in two dimensions: 1 / (2 pi 2^2)
    assert smoothed[10, 10, 0] == pytest.approx(1 / (8 * np.pi), rel=0.01)
    assert smoothed[10, 12, 0] / smoothed[10, 10, 0] == pytest.approx(np.exp(-0.5), rel=0.01)
    assert smoothed[..., 0].sum() == pytest.approx(1, rel=1e-3)
    np.testing.assert_array_equal(smoothed[..., 1:], 0)


def test_gaussian_does_not_change_a_constant_image():
    image = np.full((10, 12, 3), 0.3, np.float32)
    np.testing.assert_allclose(smooth(image, 3.0), 0.3, rtol=1e-5)
