"""The blend of the merged image with neighbours and correspondences."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d
from skimage.color import rgb2lab

from napari_oneshot_color.matching.cues import Neighbours
from napari_oneshot_color.pixels.color import lightness, rgb_of_lab
from napari_oneshot_color.stages.smoothing import blended, smooth


@pytest.fixture
def grey():
    return np.random.default_rng(0).uniform(0.3, 0.7, (48, 64)).astype(np.float32)


@pytest.fixture
def merged(grey):
    return np.clip(grey[..., None] + np.float32([0.1, 0.0, -0.1]), 0, 1)


@pytest.fixture
def neighbours():
    """Neighbours that agree on one greenish colour."""
    chroma = np.broadcast_to(np.float32([-12, 8]), (12, 16, 2))
    ones, zeros = np.ones((12, 16), np.float32), np.zeros((12, 16), np.float32)
    local, described = torch.zeros(192, 15), torch.empty(12, 16, 0)
    planes = np.empty((0, 12, 16), np.float32)
    return Neighbours(chroma, ones, zeros, planes, local, described)


def test_without_neighbours_smoothing_is_the_gaussian_of_the_paper(merged, grey, tiny):
    settings = tiny(gaussian_sigma=1.5)
    np.testing.assert_array_equal(blended(merged, grey, settings), smooth(merged, 1.5))


def test_neighbours_are_mixed_in_by_their_share(merged, grey, neighbours, tiny):
    own = rgb2lab(merged)[..., 1:].mean(axis=(0, 1))
    for share in (0.25, 1.0):
        settings = tiny(neighbour_weight=share, gaussian_sigma=0.0)
        mixed = rgb2lab(blended(merged, grey, settings, neighbours))[..., 1:]
        wanted = own + share * (np.array([-12, 8]) - own)
        np.testing.assert_allclose(mixed.mean(axis=(0, 1)), wanted, atol=0.1)


def test_caution_changes_agreeing_colors_little_and_contradictory_ones_much(
    merged, grey, neighbours, tiny
):
    def strength(settings, image):
        return np.linalg.norm(rgb2lab(blended(image, grey, settings, neighbours))[..., 1:], axis=-1)

    def kept(image):
        plain = strength(tiny(gaussian_sigma=0.0, neighbour_weight=0.25), image)
        cautious = strength(tiny(gaussian_sigma=0.0, neighbour_weight=0.25, caution=1.0), image)
        return (cautious / plain).mean()

    agreeing = blended(merged, grey, tiny(gaussian_sigma=0.0, neighbour_weight=1.0), neighbours)
    assert 0.98 < kept(agreeing) < 1
    assert kept(merged) < 0.6  # reddish against greenish


def test_caution_keeps_the_share_of_a_wiener_filter(grey, neighbours, tiny):
    own = np.broadcast_to(np.float32([6, 20]), (*grey.shape, 2))
    merged = rgb_of_lab(np.dstack([lightness(grey), own]))
    settings = tiny(gaussian_sigma=0.0, neighbour_weight=0.25, caution=1.5)
    found = rgb2lab(blended(merged, grey, settings, neighbours))[..., 1:]
    difference = np.array([-12, 8]) - np.array([6, 20])
    mixed = np.array([6, 20]) + 0.25 * difference
    strength, noise = mixed @ mixed, difference @ difference / 2
    wanted = mixed * strength / (strength + 1.5 * noise + 1)
    np.testing.assert_allclose(found.mean(axis=(0, 1)), wanted, atol=0.05)


def test_gaussian_repeats_the_border_and_does_not_mix_channels():
    ramp = np.linspace(0, 1, 40, dtype=np.float32)
    image = np.dstack([np.tile(ramp, (30, 1)), np.zeros((30, 40)), np.ones((30, 40))])
    found = smooth(image.astype(np.float32), 2.0)
    wanted = gaussian_filter1d(ramp, 2.0, mode="nearest")
    np.testing.assert_allclose(found[..., 0], np.tile(wanted, (30, 1)), atol=1e-6)
    np.testing.assert_array_equal(found[..., 1], 0)
    np.testing.assert_allclose(found[..., 2], 1, atol=1e-6)


def test_without_neighbours_caution_has_no_effect(merged, grey, tiny):
    plain, cautious = tiny(smoothing="guided"), tiny(smoothing="guided", caution=1.0)
    np.testing.assert_array_equal(blended(merged, grey, plain), blended(merged, grey, cautious))


def test_lightness_becomes_the_targets(merged, grey, neighbours, tiny):
    mixed = blended(merged, grey, tiny(neighbour_weight=0.5), neighbours)
    np.testing.assert_allclose(rgb2lab(mixed)[..., 0], lightness(grey), atol=0.05)


def test_guided_smoothing_keeps_an_edge_that_the_gaussian_blurs(tiny):
    grey = np.full((48, 64), 0.3, np.float32)
    grey[:, 32:] = 0.7
    merged = np.where(grey[..., None] > 0.5, [0.8, 0.7, 0.6], [0.2, 0.3, 0.4]).astype(np.float32)
    wanted = rgb2lab(merged)[..., 1:]

    def error(settings):
        return np.abs(rgb2lab(blended(merged, grey, settings))[..., 1:] - wanted).mean()

    assert error(tiny(smoothing="guided")) < 0.2 * error(tiny(gaussian_sigma=2.0))


def test_guided_smoothing_smooths_colors_where_the_target_is_smooth(tiny):
    grey = np.full((48, 64), 0.5, np.float32)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (48, 64, 3)).astype(np.float32)

    def uneven(settings):
        return rgb2lab(blended(grey[..., None] + noise, grey, settings))[..., 1:].std()

    assert uneven(tiny(smoothing="guided")) < 0.5 * uneven(tiny(gaussian_sigma=0.0))


def test_corresponding_places_override_other_colors(merged, grey, neighbours, tiny):
    copied = np.full((48, 64, 2), 5, np.float32)
    weight = np.zeros((48, 64), np.float32)
    weight[:, :20] = 1
    settings = tiny(neighbour_weight=0.5, smoothing="guided")
    mixed = rgb2lab(blended(merged, grey, settings, neighbours, (copied, weight)))[..., 1:]
    without = rgb2lab(blended(merged, grey, settings, neighbours))[..., 1:]
    np.testing.assert_allclose(mixed[:, :20], copied[:, :20], atol=0.1)
    np.testing.assert_array_equal(mixed[:, 20:], without[:, 20:])


def test_merged_image_is_left_alone(merged, grey, neighbours, tiny):
    before = merged.copy()
    blended(merged, grey, tiny(neighbour_weight=0.5, smoothing="guided"), neighbours)
    np.testing.assert_array_equal(merged, before)
