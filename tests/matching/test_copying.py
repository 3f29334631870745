"""Which pixels are copied, and how far they look alike."""

import numpy as np

from napari_oneshot_color.matching.copying import (
    Match,
    alikeness,
    at_pixels,
    best,
    bounded,
    moved,
)


def test_small_images_stay_and_large_ones_shrink_by_the_same_factor():
    source, grey = np.zeros((60, 50, 3), np.float32), np.zeros((40, 30), np.float32)
    assert [image.shape for image in bounded(source, grey)] == [(60, 50, 3), (40, 30)]
    large = np.zeros((1024, 512), np.float32)
    assert [image.shape for image in bounded(source, large)] == [(30, 25, 3), (512, 256)]


def test_pixels_take_the_value_of_their_place_and_an_odd_last_row_repeats_the_one_before():
    steps = np.array([[1, 2], [3, 4]])
    wanted = [[1, 1, 2, 2, 2], [1, 1, 2, 2, 2], [3, 3, 4, 4, 4]]
    np.testing.assert_array_equal(at_pixels(steps, (3, 5)), wanted)


def test_pixels_move_by_steps_and_stay_inside():
    rows, columns = np.full((2, 2), 1), np.array([[0, -5], [0, 0]])
    y, x = moved(rows, columns, (4, 4), (5, 4))
    np.testing.assert_array_equal(y[:, 0], [2, 3, 4, 4])
    np.testing.assert_array_equal(x[0], [0, 1, 0, 0])


def test_same_lightness_is_alike_and_a_different_one_is_not():
    own = np.random.default_rng(0).uniform(20, 60, (12, 14)).astype(np.float32)
    here = tuple(np.mgrid[:12, :14])
    np.testing.assert_array_equal(alikeness(own, own, here, (4, 10)), 1)
    np.testing.assert_allclose(alikeness(own + 7, own, here, (4, 10)), 0.5, atol=1e-5)
    np.testing.assert_array_equal(alikeness(own + 30, own, here, (4, 10)), 0)


def test_colors_are_interpolated_between_pixels():
    lab = np.zeros((4, 5, 3), np.float32)
    lab[..., 1] = np.arange(5)
    lab[..., 2] = np.arange(4)[:, None]
    places = np.stack([np.full((2, 2), 1.5), np.full((2, 2), 2.25)]).astype(np.float32)
    chroma, weight = Match(lab, places, np.full((2, 2), 0.5, np.float32)).copied((2, 2))
    np.testing.assert_allclose(chroma[..., 0], 2.25)
    np.testing.assert_allclose(chroma[..., 1], 1.5)
    np.testing.assert_array_equal(weight, 0.5)


def test_matches_at_a_smaller_size_are_resized_to_the_image():
    match = Match.none(np.zeros((4, 5, 3), np.float32), (6, 7))
    chroma, weight = match.copied((12, 14))
    assert chroma.shape == (12, 14, 2)
    assert weight.shape == (12, 14)
    assert match.trust == 0


def test_each_place_is_taken_from_the_match_that_trusts_it_most():
    lab = np.zeros((3, 3, 3), np.float32)
    weights = np.zeros((2, 3, 3), np.float32)
    weights[0, :, 0], weights[1, :, 1] = 0.5, 0.75
    places = np.zeros((2, 3, 3), np.float32)
    found = best([Match(lab, places + number, weights[number]) for number in range(2)])
    np.testing.assert_array_equal(found.weight[0], [0.5, 0.75, 0])
    np.testing.assert_array_equal(found.places[0, 0], [0, 1, 0])
