"""Places that two images share are found, and no others."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from napari_oneshot_color.matching import copying
from napari_oneshot_color.matching.correspondence import corresponding
from napari_oneshot_color.pixels.color import luminance


def texture(seed, shape=(96, 128)):
    """Make fine colourful detail, ``(h, w, 3)`` float32 in [0, 1]."""
    rng = np.random.default_rng(seed)
    image = gaussian_filter(rng.random((*shape, 3)), (2.5, 2.5, 0))
    return ((image - image.min()) / np.ptp(image)).astype(np.float32)


def copied(source, grey):
    return corresponding(source, grey).copied(grey.shape)


@pytest.mark.parametrize(
    ("shift", "largest_error"), [((0, 12), 0.01), ((6, -8), 0.01), ((-7, 3), 5)]
)
def test_shifted_view_gets_the_colors_of_the_same_places(shift, largest_error):
    scene = texture(0, (130, 160))
    top, left = 16, 16
    source = scene[top : top + 96, left : left + 128]
    view = scene[top + shift[0] :, left + shift[1] :][:96, :128]
    chroma, weight = copied(source, luminance(view))
    truth = rgb2lab(view)[..., 1:]
    inside = np.zeros(weight.shape, bool)  # what the source shows, but for its rim
    inside[12:-12, 16:-16] = True
    assert np.median(weight[inside]) > 0.9
    error = np.abs(chroma - truth).mean(axis=-1)
    assert np.median(error[weight > 0.9]) < largest_error < 0.4 * np.abs(truth).mean()


def test_nothing_is_trusted_between_unrelated_images():
    _, weight = copied(texture(1), luminance(texture(2)))
    assert not weight.any()


@pytest.mark.parametrize("relit", [lambda g: g**1.6, lambda g: 0.4 * g + 0.1, lambda g: g**0.6])
def test_same_scene_in_another_light_is_found(relit):
    scene = texture(7, (130, 160))
    source, view = scene[16:112, 16:144], scene[20:116, 24:152]
    grey = relit(luminance(view)).astype(np.float32)
    chroma, weight = copied(source, grey)
    inside = np.s_[12:-12, 16:-16]
    assert np.median(weight[inside]) > 0.8
    error = np.abs(chroma - rgb2lab(view)[..., 1:]).mean(axis=-1)
    assert np.median(error[inside]) < 1


def test_a_third_of_the_view_in_common_is_found():
    scene = texture(8, (96, 224))
    _, weight = copied(scene[:, :128], luminance(scene[:, 80:208]))
    assert np.median(weight[8:-8, 8:36]) > 0.8
    assert weight[:, 64:].mean() < 0.1


def test_an_eighth_of_the_view_in_common_is_found():
    scene = texture(9, (96, 240))
    _, weight = copied(scene[:, :128], luminance(scene[:, 110:238]))
    assert np.median(weight[8:-8, 2:12]) > 0.5
    assert weight[:, 40:].mean() < 0.05


@pytest.mark.parametrize("seed", range(20, 28))
def test_small_unrelated_images_get_no_weight(seed):
    _, weight = copied(texture(seed, (64, 80)), luminance(texture(seed + 50, (64, 64))))
    assert not weight.any()


def test_near_and_far_things_that_moved_differently_are_both_found():
    near, far = texture(10, (96, 160)), texture(11, (96, 160))
    source, view = far[:, 16:144].copy(), far[:, 20:148].copy()  # by 4 px
    source[30:70, 40:90] = near[30:70, 40:90]
    view[30:70, 24:74] = near[30:70, 40:90]  # by 16 px
    chroma, weight = copied(source, luminance(view))
    error = np.abs(chroma - rgb2lab(view)[..., 1:]).mean(axis=-1)
    inside = np.s_[38:62, 32:66]
    assert np.median(weight[inside]) > 0.8
    assert np.median(error[inside]) < 1
    assert np.median(weight[4:22, 8:-8]) > 0.8


def test_much_darker_places_are_not_trusted():
    source = texture(3)
    _, same = copied(source, luminance(source))
    darker = source.copy()
    darker[:, :64] *= 0.3
    _, weight = copied(source, luminance(darker))
    assert same.mean() > 0.9
    assert weight[:, :48].mean() < 0.1


def test_sizes_may_differ_and_be_odd():
    scene = texture(4, (131, 163))
    chroma, weight = copied(scene, luminance(scene[10:101, 20:141]))
    assert chroma.shape == (91, 121, 2)
    assert weight.shape == (91, 121)
    assert weight.dtype == chroma.dtype == np.float32
    assert 0 <= weight.min() <= weight.max() <= 1
    assert np.median(weight) > 0.9


def test_same_images_give_the_same_bytes():
    source, grey = texture(5), luminance(texture(5)[4:, 6:])
    first, second = (copied(source, grey) for _ in range(2))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_larger_images_are_matched_at_a_smaller_size_and_resized_back(monkeypatch):
    scene = gaussian_filter(np.random.default_rng(6).random((240, 300, 3)), (5, 5, 0))
    scene = ((scene - scene.min()) / np.ptp(scene)).astype(np.float32)
    view = scene[20:220, 40:280]
    monkeypatch.setattr(copying, "_MOST_PIXELS", 18_000)
    chroma, weight = copied(scene, luminance(view))
    assert chroma.shape == (200, 240, 2)
    truth = rgb2lab(view)[..., 1:]
    inside = np.s_[30:-30, 30:-30]
    assert np.median(weight[inside]) > 0.9
    assert np.abs(chroma - truth)[inside].mean() < 0.2 * np.abs(truth).mean()
