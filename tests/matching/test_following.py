"""Places are searched for once, then followed, and searched for again where they are lost."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching import following
from napari_oneshot_color.matching.copying import Match
from napari_oneshot_color.matching.following import find, follow, mixed
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pixels.color import luminance

HEIGHT, WIDTH = 96, 112


def world(seed=0):
    image = gaussian_filter(np.random.default_rng(seed).random((140, 240, 3)), (2.5, 2.5, 0))
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def frame(of, left):
    return np.ascontiguousarray(of[20 : 20 + HEIGHT, left : left + WIDTH])


@pytest.fixture(scope="module")
def matcher():
    return Matcher(frame(world(), 20))


def chroma_error(match, view):
    chroma, weight = match.copied(view.shape[:2])
    error = np.linalg.norm(chroma - rgb2lab(view)[..., 1:], axis=-1)
    return np.median(error[weight > 0.5])


def test_motion_of_a_few_pixels_a_slice_is_followed_without_a_search(matcher, monkeypatch):
    [match] = find(matcher, luminance(frame(world(), 20)))
    monkeypatch.setattr(following, "corresponding", None)  # a search would fail
    for left in range(23, 45, 3):
        view = frame(world(), left)
        [match] = follow(matcher, luminance(view), [match])
    assert chroma_error(match, view) < 0.5
    assert np.median(match.weight[12:-12, 12 : WIDTH - 36]) > 0.9
    assert match.weight[:, WIDTH - 12 :].mean() < 0.1  # what the source does not show


def test_after_a_cut_everything_is_searched_again(matcher):
    last = find(matcher, luminance(frame(world(), 20)))
    view = frame(world(), 56)
    [lost] = [following.aligned(one, luminance(view)) for one in last]
    assert lost.trust < 0.4
    [found] = follow(matcher, luminance(view), last)
    [searched] = find(matcher, luminance(view))
    np.testing.assert_array_equal(found.places, searched.places)
    assert chroma_error(found, view) < 1


def test_image_unrelated_to_the_source_is_not_trusted(matcher):
    last = find(matcher, luminance(frame(world(), 20)))
    [match] = follow(matcher, luminance(frame(world(1), 20)), last)
    assert match.trust == 0


def flat(a, weight):
    """Match a source of one colour."""
    lab = np.zeros((8, 8, 3), np.float32)
    lab[..., 1] = a
    places = np.mgrid[:8, :8].astype(np.float32)
    return Match(lab, places, np.full((8, 8), weight, np.float32))


def test_the_most_trusted_source_gives_the_color():
    chroma, weight = mixed([flat(10, 0.5), flat(30, 0.8)], (8, 8))
    assert np.unique(chroma[..., 0]) == 30
    assert np.unique(weight) == np.float32(0.8)


def test_keys_mix_by_their_shares_where_both_match():
    chroma, weight = mixed([flat(10, 1), flat(30, 1)], (8, 8), [0.75, 0.25])
    np.testing.assert_allclose(chroma[..., 0], 15, rtol=1e-5)
    assert np.unique(weight) == 1


def test_a_key_that_alone_matches_a_place_gives_its_color():
    chroma, weight = mixed([flat(10, 0), flat(30, 0.9)], (8, 8), [0.99, 0.01])
    np.testing.assert_allclose(chroma[..., 0], 30, rtol=1e-5)
    np.testing.assert_allclose(weight, 0.9)


def test_a_source_without_a_share_gives_the_color_where_it_is_trusted_more():
    matches = [flat(50, 0.9), flat(10, 0.4), flat(30, 0.4)]
    assert np.unique(mixed(matches, (8, 8), [0, 0.5, 0.5])[0][..., 0]) == 50
    matches[0] = flat(50, 0.1)
    np.testing.assert_allclose(mixed(matches, (8, 8), [0, 0.5, 0.5])[0][..., 0], 20, rtol=1e-5)


def test_places_that_match_no_source_have_no_weight():
    chroma, weight = mixed([flat(10, 0), flat(30, 0)], (8, 8), [0.5, 0.5])
    assert not weight.any()
    assert np.isfinite(chroma).all()


def test_a_search_keeps_its_places_if_aligning_would_bend_them(matcher, monkeypatch):
    grey = luminance(frame(world(), 33))
    [exact] = find(matcher, grey)
    monkeypatch.setattr(following, "is_bent", lambda match: True)
    [found] = find(matcher, grey)
    assert (exact.places % 1).any()
    assert not (found.places % 1).any()
