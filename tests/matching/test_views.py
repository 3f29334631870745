"""The same thing from another viewpoint is found with its colours, and nothing else is."""

import numpy as np
import pytest
from skimage import data
from skimage.color import rgb2lab
from skimage.transform import estimate_transform, resize, warp

from napari_oneshot_color.matching import copying, views
from napari_oneshot_color.matching.chosen import matcher_for
from napari_oneshot_color.matching.views import seen_from_elsewhere
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.settings import Settings

SHAPE = (192, 224)
INSTANT = Settings.preset("instant")


def picture(name):
    image = getattr(data, name)()[..., :3] / 255
    return resize(image, SHAPE, anti_aliasing=True).astype(np.float32)


@pytest.fixture(scope="module")
def scene():
    return picture("coffee")


@pytest.fixture(scope="module")
def matcher(scene):
    return matcher_for([scene], INSTANT)


def found(matcher, view):
    grey = luminance(view)
    wanted = matcher.neighbours(grey).described
    match = seen_from_elsewhere(matcher.sources[0], grey, matcher.described[0], wanted)
    return match.copied(grey.shape)


def from_the_side(image):
    """Show an image from the left, from above and from nearer: ``(h, w, 3)``."""
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    seen = np.array([[0.16, 0.05], [0.84, 0.24], [0.9, 0.78], [0.04, 0.94]]) * [width, height]
    view = estimate_transform("projective", corners, seen)
    return warp(image, view, mode="edge").astype(np.float32)


def from_afar(image):
    return resize(image[20:180, 10:210], (100, 125), anti_aliasing=True).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "share"),
    [(from_the_side, 0.5), (np.fliplr, 0.6), (from_afar, 0.5)],
    ids=["perspective", "mirror", "afar"],
)
def test_another_view_gets_the_colors_of_the_same_places(matcher, scene, change, share):
    view = np.ascontiguousarray(change(scene))
    chroma, weight = found(matcher, view)
    assert chroma.shape == (*view.shape[:2], 2)
    assert weight.shape == view.shape[:2]
    assert chroma.dtype == weight.dtype == np.float32
    assert 0 <= weight.min() <= weight.max() <= 1
    assert np.mean(weight > 0.5) > share
    truth = rgb2lab(view)[..., 1:]
    error = np.abs(chroma - truth).mean(axis=-1)[weight > 0.5]
    assert error.mean() < 0.15 * np.abs(truth).mean()


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket", "retina"])
def test_nothing_is_trusted_between_unrelated_images(matcher, name):
    _, weight = found(matcher, picture(name))
    assert not weight.any()


def test_places_that_only_the_target_shows_are_not_trusted(matcher, scene):
    view = scene.copy()
    view[:, :96] = picture("chelsea")[:, :96]
    _, weight = found(matcher, view)
    assert np.median(weight[16:-16, 120:-16]) > 0.8
    assert weight[:, :72].mean() < 0.05


def test_much_darker_places_are_not_trusted(matcher, scene):
    view = scene.copy()
    view[:, :112] *= 0.3
    _, weight = found(matcher, view)
    darker = np.abs(rgb2lab(view)[..., 0] - rgb2lab(scene)[..., 0]) > 20
    assert darker.mean() > 0.3
    assert weight[darker].mean() < 0.1
    assert weight[16:-16, 128:-16].mean() > 0.5


def test_larger_images_are_compared_at_a_smaller_size_and_resized_back(matcher, scene, monkeypatch):
    view = np.ascontiguousarray(np.fliplr(scene))
    monkeypatch.setattr(copying, "_MOST_PIXELS", SHAPE[0] * SHAPE[1] // 2)
    monkeypatch.setattr(views, "_MOST_CELLS", 48 * 56 // 2)
    chroma, weight = found(matcher, view)
    assert chroma.shape == (*SHAPE, 2)
    assert np.mean(weight > 0.5) > 0.3
    truth = rgb2lab(view)[..., 1:]
    error = np.abs(chroma - truth).mean(axis=-1)[weight > 0.5]
    assert error.mean() < 0.2 * np.abs(truth).mean()


def test_same_images_give_the_same_bytes(matcher, scene):
    first, second = (found(matcher, from_the_side(scene)) for _ in range(2))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_flat_images_get_no_weight(matcher):
    _, weight = found(matcher, np.full((*SHAPE, 3), 0.5, np.float32))
    assert not weight.any()
