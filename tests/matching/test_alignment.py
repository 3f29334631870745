"""Matched places are refined to fractions of a pixel, and never by chance."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift
from skimage.color import rgb2lab
from skimage.transform import resize

from napari_oneshot_color.matching.alignment import aligned, is_bent
from napari_oneshot_color.matching.copying import Match
from napari_oneshot_color.pixels.color import luminance

INSIDE = np.s_[16:-16, 16:-16]


def scene(seed=0, shape=(96, 112)):
    """Make fine colourful detail, ``(h, w, 3)`` float32 in [0, 1]."""
    image = gaussian_filter(np.random.default_rng(seed).random((*shape, 3)), (2, 2, 0))
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def moved(image, by):
    return np.clip(shift(image, (*by, 0), order=3, mode="nearest"), 0, 1).astype(np.float32)


def match_of(source, weight=1.0, off=(0, 0)):
    """Match a source with the same places, except for a few pixels."""
    shape = source.shape[:2]
    places = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    places += np.array(off, np.float32)[:, None, None]
    return Match(rgb2lab(source).astype(np.float32), places, np.full(shape, weight, np.float32))


@pytest.mark.parametrize("by", [(0, 0), (0.4, -0.3), (1.7, 2.2), (-6, 5)])
def test_places_are_found_at_fractions_of_a_pixel(by):
    source = scene()
    found = aligned(match_of(source), luminance(moved(source, by)))
    off = found.places - match_of(source, off=(-by[0], -by[1])).places
    assert np.median(np.abs(off[:, *INSIDE])) < 0.1
    assert np.median(found.weight[INSIDE]) > 0.9


def test_slightly_different_light_does_not_matter():
    source = scene()
    grey = luminance(moved(source, (0.5, 1))) * 0.97 + 0.02
    found = aligned(match_of(source), grey)
    off = found.places - match_of(source, off=(-0.5, -1)).places
    assert np.median(np.abs(off[:, *INSIDE])) < 0.15


def test_unrelated_image_is_hardly_trusted_and_has_to_be_bent():
    found = aligned(match_of(scene(1)), luminance(scene(2)))
    assert found.weight[INSIDE].mean() < 0.3
    assert is_bent(found)


@pytest.mark.parametrize("by", [(0.4, -0.3), (-6, 5)])
def test_pure_translation_is_not_bent(by):
    assert not is_bent(aligned(match_of(scene()), luminance(moved(scene(), by))))


def test_zoom_and_an_empty_match_are_not_bent():
    image = scene()
    nearer = resize(image[8:-8, 9:-10], image.shape[:2], order=3)
    found = aligned(match_of(image), luminance(np.clip(nearer, 0, 1).astype(np.float32)))
    assert found.trust > 0.5
    assert not is_bent(found)
    assert not is_bent(match_of(image, weight=0))


def test_places_far_from_trusted_ones_stay_untrusted():
    source = scene()
    match = match_of(source)
    match.weight[:, 56:] = 0
    found = aligned(match, luminance(source))
    assert np.median(found.weight[16:-16, 16:48]) > 0.9
    assert found.weight[:, 84:].max() < 0.01


def test_trust_spreads_into_gaps_that_agree():
    source = scene()
    match = match_of(source, off=(0, 0))
    match.weight[40:46, 50:56] = 0
    match.places[:, 40:46, 50:56] += 30
    found = aligned(match, luminance(source))
    assert found.weight[42:44, 52:54].min() > 0.8
    off = found.places - match_of(source).places
    assert np.abs(off[:, 40:46, 50:56]).max() < 0.5


def test_empty_match_stays_unchanged():
    nothing = match_of(scene(), weight=0)
    assert aligned(nothing, luminance(scene())) is nothing


def test_same_images_give_the_same_bytes():
    source, grey = scene(), luminance(moved(scene(), (1, 0.5)))
    first, second = (aligned(match_of(source), grey) for _ in range(2))
    assert first.places.tobytes() == second.places.tobytes()
    assert first.weight.tobytes() == second.weight.tobytes()
