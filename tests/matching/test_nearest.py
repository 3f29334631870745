"""The nearest cells, their colours, and distances in cells."""

import torch

from napari_oneshot_color.matching.nearest import cells_away, nearest_cells


def test_colors_are_a_mean_of_the_eight_nearest_weighted_by_nearness():
    features = torch.arange(20.0)[:, None]
    chroma = torch.stack([torch.arange(20.0), torch.zeros(20)], 1)
    query = torch.tensor([[0.0], [19.0]])
    distance = features.T.square() - 2 * query @ features.T
    a, b, away, spread = nearest_cells(query, features, chroma, distance).T
    assert a[0] < 0.1  # the very same is there
    assert a[1] > 18.9
    assert not b.any()
    torch.testing.assert_close(away, torch.tensor([3.5, 3.5]))
    assert (spread > 0).all()


def test_a_cell_at_infinite_distance_is_ignored():
    features = torch.arange(9.0)[:, None]
    chroma = torch.full((9, 2), 5.0)
    chroma[0] = 100
    distance = features.T.square()
    distance[0, 0] = torch.inf
    found = nearest_cells(torch.zeros(1, 1), features, chroma, distance)
    torch.testing.assert_close(found[0, :2], torch.tensor([5.0, 5.0]))


def test_distance_in_cells_is_chebyshev_and_very_large_to_another_source():
    searched = [torch.tensor([0, 7, 22]), torch.tensor([3])]
    away = cells_away(torch.tensor([0, 11]), 0, searched, 10)
    assert away[:, :3].tolist() == [[0, 7, 2], [1, 6, 1]]
    assert (away[:, 3] > 1000).all()
