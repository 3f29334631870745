"""Quickshift with the printed parameters, and region medians against a loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import gray2rgb
from skimage.segmentation import quickshift

from napari_oneshot_color.stages import regions
from napari_oneshot_color.stages.regions import Painted, find_regions, paint_regions, region_medians


@pytest.fixture(scope="module")
def grey():
    """Two flat halves and a little noise, 24 x 30 px."""
    image = np.where(np.arange(30) < 15, 0.2, 0.8) * np.ones((24, 1))
    image += 0.02 * np.random.default_rng(0).standard_normal(image.shape)
    return image.astype(np.float32)


def test_quickshift_gets_the_printed_parameters_and_the_seed(grey, tiny, monkeypatch):
    calls = []

    def noted(image, **parameters):
        calls.append((image, parameters))
        return np.zeros(image.shape[:2], np.int64)

    monkeypatch.setattr(regions, "quickshift", noted)
    find_regions(grey, tiny(seed=77))
    [(image, parameters)] = calls
    np.testing.assert_array_equal(image, gray2rgb(grey))
    assert parameters == {
        "sigma": 0,
        "max_dist": 10,
        "kernel_size": 2,
        "ratio": 1.0,
        "convert2lab": True,
        "rng": 77,
    }


def test_quickshift_parameters_are_settings(grey, tiny, monkeypatch):
    calls = []

    def noted(image, **parameters):
        calls.append(parameters)
        return np.zeros(image.shape[:2], np.int64)

    monkeypatch.setattr(regions, "quickshift", noted)
    find_regions(
        grey,
        tiny(
            quickshift_sigma=0.5,
            quickshift_max_dist=20.0,
            quickshift_kernel_size=3.0,
            quickshift_ratio=0.25,
        ),
    )
    assert calls[0]["sigma"] == 0.5
    assert calls[0]["max_dist"] == 20
    assert calls[0]["kernel_size"] == 3
    assert calls[0]["ratio"] == 0.25


def test_labels_are_those_of_scikit_image_from_1_up(grey, tiny):
    labels = find_regions(grey, tiny(seed=5))
    wanted = quickshift(gray2rgb(grey), sigma=0, max_dist=10, kernel_size=2, ratio=1.0, rng=5)
    assert labels.shape == grey.shape
    assert labels.dtype == np.int32
    assert labels.min() == 1
    np.testing.assert_array_equal(labels, wanted + 1)


def test_regions_respect_a_strong_edge(grey, tiny):
    labels = find_regions(grey, tiny())
    assert not set(np.unique(labels[:, :15])) & set(np.unique(labels[:, 15:]))


def test_same_seed_finds_the_same_regions_and_the_target_is_left_alone(grey, tiny):
    before = grey.copy()
    np.testing.assert_array_equal(find_regions(grey, tiny()), find_regions(grey, tiny()))
    np.testing.assert_array_equal(grey, before)


def test_median_of_a_region_is_taken_channel_by_channel():
    image = np.array([[[0.0, 0.9, 0.5], [0.1, 0.1, 0.5], [1.0, 0.5, 0.5], [0.2, 0.4, 0.6]]])
    labels = np.array([[1, 1, 1, 2]])
    names, colors = region_medians(image.astype(np.float32), labels)
    assert names.tolist() == [1, 2]
    assert colors.dtype == np.float32
    np.testing.assert_allclose(colors, [[0.1, 0.5, 0.5], [0.2, 0.4, 0.6]])


def test_median_of_an_even_region_lies_between_its_two_middle_values():
    image = np.array([0.0, 0.2, 0.4, 1.0], np.float32).reshape(2, 2, 1).repeat(3, axis=2)
    _, colors = region_medians(image, np.ones((2, 2), np.int32))
    np.testing.assert_allclose(colors, [[0.3] * 3], rtol=1e-6)


@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    labels=st.lists(st.integers(0, 1000), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 1000),
)
def test_medians_equal_a_loop_over_regions_of_any_labels(height, width, labels, seed):
    rng = np.random.default_rng(seed)
    image = rng.random((height, width, 3), np.float32)
    drawn = rng.choice(np.array(labels, np.int32), (height, width))
    names, colors = region_medians(image, drawn)
    painted = paint_regions(drawn, names, colors)
    for name in np.unique(drawn):
        wanted = np.median(image[drawn == name], axis=0)
        np.testing.assert_allclose(colors[names == name], wanted[None], rtol=1e-6)
        np.testing.assert_allclose(painted[drawn == name] - wanted, 0, atol=1e-6)
    assert len(names) == len(np.unique(drawn))


def test_paint_gives_every_pixel_the_color_of_its_region():
    labels = np.array([[7, 7], [3, 12]], np.int32)
    colors = np.array([[0.1] * 3, [0.2] * 3, [0.3] * 3], np.float32)
    painted = paint_regions(labels, np.array([3, 7, 12], np.int32), colors)
    np.testing.assert_array_equal(painted[..., 0], np.float32([[0.2, 0.2], [0.1, 0.3]]))


def test_painted_regions_have_their_labels_and_colors():
    image = np.zeros((2, 4, 3), np.float32)
    image[:, 2:] = (0.25, 0.5, 0.75)
    labels = np.array([[3, 3, 8, 8], [3, 3, 8, 8]], np.int32)
    painted = Painted(image, lambda: labels)
    np.testing.assert_array_equal(painted.names, [3, 8])
    np.testing.assert_array_equal(painted.colors, [[0, 0, 0], [0.25, 0.5, 0.75]])
    np.testing.assert_array_equal(painted.quickshift, image)


def test_edited_regions_need_no_quickshift():
    labels, names = np.full((2, 2), 5, np.int32), np.array([5], np.int32)
    colors, quickshift = np.ones((1, 3), np.float32), np.full((2, 2, 3), 0.5, np.float32)
    painted = Painted.as_edited(labels, names, colors, quickshift)
    assert painted.regions is labels
    assert (painted.names is names, painted.colors is colors) == (True, True)
    assert painted.quickshift is quickshift
