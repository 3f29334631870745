"""Candidate sources are ranked: those that show the same thing come first, at any size."""

from importlib.resources import files

import numpy as np
import pytest
from skimage.io import imread
from skimage.transform import resize

from napari_oneshot_color import BadPairError, Source, rank_sources
from napari_oneshot_color.matching import ranking
from napari_oneshot_color.matching.ranking import SAME, SIMILAR, Match, Ranking
from napari_oneshot_color.pixels.color import luminance


def photograph(name):
    return np.asarray(imread(str(files("skimage.data").joinpath(name))))[..., :3]


@pytest.fixture(scope="module")
def rocket():
    return photograph("rocket.jpg")


@pytest.fixture(scope="module")
def grey(rocket):
    """The right half of a rocket's picture, in grey."""
    return luminance(rocket[:, 320:].astype(np.float32) / 255)


@pytest.fixture(scope="module")
def ranked(rocket, grey):
    candidates = [
        Source(photograph("coffee.png"), "coffee"),
        Source(photograph("retina.jpg"), "retina"),
        Source(rocket[:, :320], "other half"),
        Source(photograph("chelsea.png"), "cat"),
    ]
    return rank_sources(grey, candidates)


def test_other_half_of_the_same_picture_comes_first(ranked):
    assert ranked[0][0].name == "other half"
    assert ranked[0][1].words == "shows the same thing"


def test_other_sources_have_little_in_common_and_are_sorted(ranked):
    scores = [match.score for _, match in ranked]
    assert scores == sorted(scores, reverse=True)
    assert {match.words for _, match in ranked[1:]} == {"little in common"}


def test_picture_matches_itself_best_and_its_mirror_image_well(rocket):
    compare = Ranking(rocket)  # of a target in colour, the luminance counts
    assert compare.match(Source(rocket)).score == pytest.approx(1, abs=1e-3)
    assert SAME < compare.match(Source(rocket[:, ::-1])).score < 0.99


def test_size_hardly_matters(rocket, grey, ranked):
    large = resize(rocket[:, :320], (2135, 1600), order=1).astype(np.float32)
    match = Ranking(grey).match(Source(large))
    assert match.score == pytest.approx(ranked[0][1].score, abs=0.03)


def test_large_images_are_subsampled_first(monkeypatch, grey):
    seen = []
    prepare = ranking.prepare_source

    def noting(image, *others):
        seen.append(image.shape)
        return prepare(image, *others)

    monkeypatch.setattr(ranking, "prepare_source", noting)
    large = np.full((4500, 2000, 3), (200, 90, 30), np.uint8)
    large[:2000] = 40
    Ranking(grey).match(Source(large))
    assert seen == [(1500, 667, 3)]


def test_long_panorama_is_shrunk_further(monkeypatch, grey):
    compare = Ranking(grey)
    describe, seen = compare._descriptor.describe, []

    def noting(lightness):
        seen.append(tuple(lightness.shape))
        return describe(lightness)

    monkeypatch.setattr(compare._descriptor, "describe", noting)
    panorama = np.random.default_rng(0).integers(0, 255, (128, 2000, 3), np.uint8)
    assert 0 < compare.match(Source(panorama)).score < 1
    [(height, width)] = seen
    assert height * width <= 4 * 128**2 * 1.02


@pytest.mark.parametrize(
    ("score", "words", "advice"),
    [
        (SAME, "shows the same thing", "good colours"),
        (SIMILAR, "similar", "similar things"),
        (SIMILAR - 0.01, "little in common", "do not expect"),
    ],
)
def test_score_is_described_in_words(score, words, advice):
    assert Match(score).words == words
    assert advice in Match(score).advice


def test_unusable_source_or_target_gives_a_clear_error(grey, rocket):
    with pytest.raises(BadPairError, match="no colour"):
        rank_sources(grey, [Source(np.dstack([grey] * 3))])
    with pytest.raises(BadPairError):
        rank_sources(np.zeros(7), [Source(rocket)])
