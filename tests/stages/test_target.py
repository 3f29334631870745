"""The stages of a target, with one batch of tiles in memory at a time."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from skimage.color import gray2rgb, rgb2lab

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.matching.following import find
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.stages import tiles
from napari_oneshot_color.stages.target import TargetStages


def test_tiles_are_those_of_the_colorizer(vivid):
    grey = torch.from_numpy(vivid.target[None, None, 16:48, 32:64].copy())
    colored = vivid.colorizer.color(grey)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(vivid.tiles[-1], colored, atol=1e-5)
    np.testing.assert_array_equal(vivid.tiles_in_place[16:, 32:], vivid.tiles[-1])


def test_quickshift_holds_the_median_of_each_region_of_the_smoothed_image(vivid):
    for name, color in zip(vivid.region_names, vivid.region_colors, strict=True):
        region = vivid.regions == name
        np.testing.assert_allclose(np.median(vivid.smoothed[region], axis=0), color, rtol=1e-5)
        np.testing.assert_array_equal(vivid.quickshift[region] - color, 0)


def test_epoch_images_have_the_targets_lightness(result):
    lightness = rgb2lab(gray2rgb(result.target))[..., 0]
    errors = np.abs(rgb2lab(result.epochs[-1])[..., 0] - lightness)
    assert np.median(errors) < 0.05


def test_no_more_than_a_batch_of_tiles_is_in_memory(source, target, tiny, monkeypatch):
    colored, cut = [], []
    real_color, real_cut = Colorizer.color, tiles.cut

    def noted_color(self, tiles):
        colored.append(len(tiles))
        return real_color(self, tiles)

    def noted_cut(image, positions, tile):
        cut.append(len(positions))
        return real_cut(image, positions, tile)

    monkeypatch.setattr(Colorizer, "color", noted_color)
    monkeypatch.setattr(tiles, "cut", noted_cut)
    settings = tiny(generated_tiles=500, tile_batch=8, epochs=1)
    result = colorize(source, target, settings)
    assert len(result.tiles) == 6  # only the lattice is kept
    assert max(colored) == 8
    assert max(cut) == 8
    assert sum(colored) >= 500


def test_how_tiles_are_batched_does_not_change_the_picture(source, target, tiny, result):
    settings = tiny(tile_batch=5)
    other = colorize(source, target, settings)
    np.testing.assert_allclose(other.merged, result.merged, atol=1e-5)


def test_matched_places_are_copied_from_their_source():
    rng = np.random.default_rng(0)
    scenes = [gaussian_filter(rng.random((96, 128, 3)), (2.5, 2.5, 0)) for _ in range(2)]
    scenes = [((s - s.min()) / np.ptp(s)).astype(np.float32) for s in scenes]
    view = np.concatenate([scenes[0][:, :64], scenes[1][:, 64:]], axis=1)
    stages = TargetStages(luminance(view), Settings.preset("best"), Matcher(*scenes))
    _, weight = stages._correspondence
    alone = [match.weight for match in find(Matcher(*scenes), luminance(view))]
    np.testing.assert_array_equal(weight, np.maximum(*alone))
    assert weight[16:-16, 12:48].mean() > 0.7
    assert weight[16:-16, 80:-12].mean() > 0.7
