"""Nearest neighbours of cells: results, exclusions and sizes."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from napari_oneshot_color.matching import neighbours
from napari_oneshot_color.matching.chosen import cue_planes, matcher_for
from napari_oneshot_color.matching.cues import CUE_PLANES
from napari_oneshot_color.matching.neighbours import EXCLUDED, Matcher
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings import Settings


def noise(seed, shape=(64, 80)):
    """Make smooth random colours, ``(h, w, 3)`` float32 in [0, 1]."""
    coarse = np.random.default_rng(seed).random((shape[0] // 8, shape[1] // 8, 3))
    return np.kron(coarse, np.ones((8, 8, 1))).astype(np.float32)


@pytest.fixture(scope="module")
def image():
    return noise(0)


@pytest.fixture(scope="module")
def matcher(image):
    return Matcher(image)


def cells_of(image):
    height, width = image.shape[0] // 4, image.shape[1] // 4
    return image.reshape(height, 4, width, 4, -1).mean(axis=(1, 3))


def test_image_finds_itself(image, matcher):
    found = matcher.neighbours(luminance(image))
    true = cells_of(rgb2lab(image)[..., 1:])
    assert found.chroma.shape == (16, 20, 2)
    assert np.median(np.abs(found.chroma - true)) < 1.0
    assert found.chroma.dtype == np.float32


def test_chroma_is_a_mean_of_the_source(image, matcher):
    found = matcher.neighbours(luminance(noise(1)))
    true = cells_of(rgb2lab(image)[..., 1:]).reshape(-1, 2)
    assert (found.chroma.reshape(-1, 2) >= true.min(axis=0) - 1e-3).all()
    assert (found.chroma.reshape(-1, 2) <= true.max(axis=0) + 1e-3).all()


def test_image_itself_is_nearer_than_another(image, matcher):
    own = matcher.neighbours(luminance(image)).distance
    other = matcher.neighbours(luminance(noise(1))).distance
    assert own.mean() < other.mean()


def test_spread_is_zero_where_the_source_has_one_color():
    tinted = np.stack([noise(2)[..., 0]] * 3, axis=-1) * np.float32([1.0, 0.9, 0.9])
    grey = Matcher(np.repeat(noise(2)[..., :1], 3, axis=2)).neighbours(noise(3)[..., 0])
    colored = Matcher(tinted).neighbours(noise(3)[..., 0])
    assert grey.spread.max() < 0.01
    assert colored.spread.max() > grey.spread.max()


def test_own_cues_exclude_more_as_the_radius_grows(matcher):
    [cues] = matcher.own_cues
    assert tuple(cues.shape) == (len(EXCLUDED) - 1, CUE_PLANES, 16, 20)  # 64 px leave nothing
    log_distance = cues[:, 2].mean(dim=(1, 2)).tolist()
    assert log_distance == sorted(log_distance)
    assert cues.isfinite().all()


def test_own_cues_never_contain_a_cell_s_own_color():
    image = np.full((136, 136, 3), 0.5, np.float32)
    image[64:72, 64:72] = [1, 0, 0]  # one red spot, two cells wide
    [cues] = Matcher(image).own_cues
    smallest = [version for version, radius in enumerate(EXCLUDED) if radius > 8]
    assert cues[smallest, :2, 16:18, 16:18].abs().max() < 0.3  # red would be 2.0


def test_sizes_that_cells_do_not_divide_are_rounded_up():
    image = noise(4, (72, 64))[:70, :61]
    matcher = Matcher(image)
    assert matcher.neighbours(image[:65, :62, 0]).chroma.shape == (17, 16, 2)
    assert tuple(matcher.own_cues[0].shape[2:]) == (18, 16)


def test_constant_source_lightness_does_not_divide_by_zero():
    image = np.full((64, 64, 3), 0.5, np.float32)
    found = Matcher(image).neighbours(noise(5)[..., 0])
    assert np.isfinite(found.chroma).all()
    assert np.isfinite(found.cues()).all()


def test_same_images_give_the_same_bytes(image):
    first, second = (Matcher(image).neighbours(noise(6)[..., 0]) for _ in range(2))
    assert first.cues().tobytes() == second.cues().tobytes()


def test_larger_source_is_thinned_out_and_still_finds_itself(image, matcher, monkeypatch):
    monkeypatch.setattr(neighbours, "_MOST_CELLS", 100)  # of its 320 cells
    thinned = Matcher(image)
    found = thinned.neighbours(luminance(image))
    full = matcher.neighbours(luminance(image))
    assert tuple(thinned.own_cues[0].shape) == tuple(matcher.own_cues[0].shape)
    assert found.distance.mean() > full.distance.mean()
    true = cells_of(rgb2lab(image)[..., 1:])
    assert np.abs(found.chroma - true).mean() < 0.7 * np.abs(true - true.mean((0, 1))).mean()


def test_novelty_is_about_1_for_a_similar_image_and_larger_for_another():
    matcher = Matcher(noise(0, (96, 160)))
    alike, unlike = (
        matcher.novelty(matcher.neighbours(grey))
        for grey in (luminance(noise(1)), np.kron(np.eye(40) > 0, np.ones((2, 2))).astype("f4"))
    )
    assert alike == pytest.approx(1, abs=0.3)
    assert unlike > 2


def test_novelty_is_small_for_what_a_second_source_shows():
    step = np.kron(np.eye(40) > 0, np.ones((2, 2)))[..., None] * np.float32([1, 0.5, 0.2])
    grey = luminance(step.astype(np.float32))
    one, two = Matcher(noise(0, (96, 160))), Matcher(noise(0, (96, 160)), step.astype(np.float32))
    assert two.novelty(two.neighbours(grey)) < 1 < one.novelty(one.neighbours(grey))


def test_typical_distance_is_that_of_a_similar_image():
    matcher = Matcher(noise(0, (96, 160)))
    alike = matcher.neighbours(luminance(noise(1)))
    assert np.median(alike.distance) / matcher.typical_distance == pytest.approx(1, abs=0.3)


# --- with a descriptor ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def described(image):
    return matcher_for([image], Settings.preset("best"))


def test_neighbours_include_the_planes_of_the_descriptor(described, image):
    found = described.neighbours(luminance(image))
    assert found.planes.shape == (12, 16, 20)
    assert found.cues().shape == (CUE_PLANES + 12, 16, 20)
    [own] = described.own_cues
    assert tuple(own.shape) == (len(EXCLUDED) - 1, CUE_PLANES + 12, 16, 20)
    np.testing.assert_allclose(own[0, CUE_PLANES:], found.planes, atol=0.01)
    np.testing.assert_array_equal(own[0, CUE_PLANES:], own[-1, CUE_PLANES:])


def test_planes_are_as_many_as_the_settings_say():
    assert cue_planes(Settings.preset("source-only")) == CUE_PLANES
    assert cue_planes(Settings.preset("best", descriptor_planes=5)) == CUE_PLANES + 5


def test_novelty_ignores_the_descriptor(described, matcher, image):
    grey = luminance(noise(1))
    with_it, without = described.neighbours(grey), matcher.neighbours(grey)
    assert with_it.distance.mean() > without.distance.mean()
    assert described.novelty(with_it) == pytest.approx(matcher.novelty(without), rel=1e-4)


def test_typical_distance_includes_the_descriptor(described, matcher):
    assert described.typical_distance > 1.1 * matcher.typical_distance


def test_match_is_that_of_the_best_source_and_needs_a_descriptor(described, matcher, image):
    grey, other = luminance(image), luminance(noise(1))
    assert described.match(grey) == pytest.approx(1, abs=1e-3)
    assert described.match(other) < 0.99
    both = matcher_for([image, noise(1)], Settings.preset("best"))
    assert both.match(other) == pytest.approx(1, abs=1e-3)
    assert matcher.match(grey) is None


def test_novelty_is_computed_only_on_request(described, monkeypatch):
    """Otherwise each slice of a stack would be searched twice."""
    searches = []
    search = Matcher._described

    def counted(self, *arguments, **options):
        searches.append(1)
        return search(self, *arguments, **options)

    monkeypatch.setattr(Matcher, "_described", counted)
    described.neighbours(luminance(noise(1)))
    assert len(searches) == 1


def test_weight_0_finds_what_local_features_find(matcher, image):
    settings = Settings.preset("best", descriptor_weight=0.0)
    found = matcher_for([image], settings).neighbours(luminance(noise(1)))
    wanted = matcher.neighbours(luminance(noise(1)))
    np.testing.assert_allclose(found.chroma, wanted.chroma, atol=0.01)


def test_several_sources_are_described_together(image):
    settings = Settings.preset("best")
    matcher = matcher_for([image, noise(1, (96, 64))], settings)
    planes = [own[0, CUE_PLANES:].flatten(1) for own in matcher.own_cues]
    torch.testing.assert_close(torch.cat(planes, 1).std(1), torch.ones(12), atol=0.01, rtol=0)


def test_further_sources_are_described_in_the_same_way(described, image):
    other = np.ascontiguousarray(image[:, ::-1, ::-1])  # in other colours
    more = described.with_sources(other)
    assert len(more.sources) == len(more.described) == 2
    assert len(described.sources) == 1
    grey = luminance(other)
    here, there = described.neighbours(grey), more.neighbours(grey)
    np.testing.assert_array_equal(here.planes, there.planes)
    np.testing.assert_array_equal(here.local, there.local)
    assert np.median(there.distance) < np.median(here.distance)
    alone = described.with_sources(other, without=[0])
    assert [source is other for source in alone.sources] == [True]
    assert len(alone.own_cues) == 1
