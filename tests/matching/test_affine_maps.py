"""Maps on which matches agree are found among random matches, and never by chance."""

import numpy as np
import pytest
import torch

from napari_oneshot_color.matching.affine_maps import affine_maps, mutual_neighbours

TURNED = np.array([[1.1, 0.3], [-0.3, 1.1], [6.0, -4.0]])
MIRRORED = np.array([[-0.9, 0.0], [0.1, 0.9], [58.0, 3.0]])


def some_places(count, seed, width=64, height=48):
    cells = np.random.default_rng(seed).permutation(width * height)[:count]
    return np.column_stack([cells % width, cells // width])


def moved(places, matrix):
    return np.rint(np.column_stack([places, np.ones(len(places))]) @ matrix).astype(int)


@pytest.mark.parametrize("matrix", [TURNED, MIRRORED], ids=["turned", "mirrored"])
def test_map_is_found_among_many_more_random_matches(matrix):
    places = some_places(600, 0)
    found = some_places(600, 1)
    found[:150] = moved(places[:150], matrix)
    [one] = affine_maps(found, places)
    agree = {tuple(place) for place in one.places}
    assert {tuple(place) for place in places[:150]} <= agree
    assert len(agree) < 170
    np.testing.assert_allclose(one.matrix[:2], matrix[:2], atol=0.02)
    x, y = one.of(np.float64([20.0]), np.float64([30.0]))
    np.testing.assert_allclose([x[0], y[0]], [20, 30, 1] @ matrix, atol=0.5)


def test_two_parts_that_moved_differently_are_two_maps_the_larger_first():
    places = some_places(500, 2)
    left = places[:, 0] < 24
    found = np.where(left[:, None], moved(places, TURNED), moved(places, MIRRORED))
    first, second = affine_maps(found, places)
    assert len(first.places) > len(second.places)
    np.testing.assert_allclose(first.matrix[:2], MIRRORED[:2], atol=0.02)
    np.testing.assert_allclose(second.matrix[:2], TURNED[:2], atol=0.02)


@pytest.mark.parametrize("seed", range(10))
def test_random_matches_agree_on_no_map(seed):
    assert not affine_maps(some_places(900, seed), some_places(900, seed + 100))


@pytest.mark.parametrize("count", [0, 1, 47])
def test_few_matches_agree_on_no_map(count):
    places = some_places(count, 3)
    assert not affine_maps(moved(places, TURNED), places)


@pytest.mark.parametrize(
    "places",
    [np.full((100, 2), 7), np.column_stack([np.arange(100), np.arange(100)])],
    ids=["one place", "one line"],
)
def test_places_that_determine_no_map_give_none(places):
    assert not affine_maps(places, places)


@pytest.mark.parametrize("scale", [0.2, 4.0])
def test_map_that_shrinks_or_enlarges_too_much_is_rejected(scale):
    places = some_places(300, 4)
    matrix = np.array([[scale, 0], [0, scale], [0, 0]])
    assert not affine_maps(moved(places, matrix), places)


def test_same_matches_give_the_same_map():
    places = some_places(300, 5)
    first, second = (affine_maps(moved(places, TURNED), places) for _ in range(2))
    assert [one.matrix.tobytes() for one in first] == [one.matrix.tobytes() for one in second]


def test_cells_are_matched_with_identical_cells(monkeypatch):
    described = torch.randn(6, 9, 16, generator=torch.Generator().manual_seed(0))
    wanted = described.flip(1)[1:, :7] * 3  # how long they are does not matter
    found, places = mutual_neighbours(described, wanted)
    assert len(found) == 35
    np.testing.assert_array_equal(found[:, 0], 8 - places[:, 0])
    np.testing.assert_array_equal(found[:, 1], places[:, 1] + 1)
    monkeypatch.setattr("napari_oneshot_color.matching.affine_maps._CHUNK", 4)
    chunked = mutual_neighbours(described, wanted)
    assert np.array_equal(chunked[0], found)
    assert np.array_equal(chunked[1], places)


def test_only_one_of_two_cells_is_matched_with_the_cell_that_both_resemble():
    described = torch.eye(4).view(1, 4, 4)
    wanted = torch.tensor([[[1.0, 0.1, 0, 0], [1.0, 0.5, 0, 0]]])
    found, places = mutual_neighbours(described, wanted)
    assert found.tolist() == [[0, 0]]
    assert places.tolist() == [[0, 0]]
