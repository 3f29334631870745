"""Colour spreads across smooth grey and stops at edges."""

import numpy as np

from napari_oneshot_color.steering.propagation import Propagation


def halves(shape=(40, 60)):
    """Make a grey image with a step in the middle."""
    grey = np.full(shape, 0.3, np.float32)
    grey[:, shape[1] // 2 :] = 0.7
    return grey


def test_values_fill_smooth_areas_and_stop_at_edges():
    given = np.zeros((40, 60), bool)
    given[20, 5] = given[20, 55] = True
    values = np.zeros((40, 60, 1), np.float32)
    values[20, 5], values[20, 55] = -1, 1
    spread = Propagation(halves()).spread(values, given)
    np.testing.assert_allclose(spread[:, :29], -1, atol=0.1)
    np.testing.assert_allclose(spread[:, 31:], 1, atol=0.1)


def test_values_are_held_where_they_are_given():
    rng = np.random.default_rng(0)
    given = rng.random((30, 30)) < 0.05
    values = rng.normal(size=(30, 30, 2)).astype(np.float32)
    spread = Propagation(rng.random((30, 30), np.float32)).spread(values, given)
    np.testing.assert_allclose(spread[given], values[given], atol=0.01)
    assert spread.min() >= values[given].min() - 1e-3
    assert spread.max() <= values[given].max() + 1e-3


def test_certain_colors_change_less():
    given = np.zeros((60, 60), bool)
    given[30, 30] = True
    values = np.ones((60, 60, 1), np.float32)
    rng = np.random.default_rng(0)
    propagation = Propagation(rng.random((60, 60), np.float32))
    reach = [
        propagation.spread(values, given, np.full((60, 60), uncertainty, np.float32)).mean()
        for uncertainty in (0, 5, 20)
    ]
    assert reach == sorted(reach)
    assert reach[0] < 0.5 * reach[2]


def test_without_given_values_nothing_is_propagated():
    spread = Propagation(halves()).spread(
        np.ones((40, 60, 2), np.float32), np.zeros((40, 60), bool)
    )
    assert not spread.any()


def test_flat_grey_is_solved_too():
    given = np.zeros((20, 20), bool)
    given[0, 0] = True
    spread = Propagation(np.full((20, 20), 0.5, np.float32)).spread(
        np.full((20, 20, 1), 3, np.float32), given
    )
    np.testing.assert_allclose(spread, 3, atol=0.01)
