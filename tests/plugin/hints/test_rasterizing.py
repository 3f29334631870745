"""Areas as pixels: those whose centres lie in an outline, the last area on top."""

import numpy as np
import pytest
from skimage.draw import polygon2mask

from napari_oneshot_color.plugin.hints.rasterizing import Area, ellipse, rasterized, stroke

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
SHAPE = (20, 30)


def drawn(*polygons, shape=SHAPE):
    """Rasterise polygons of one colour."""
    return rasterized([Area([np.array(corners, float) for corners in polygons], RED)], shape)[0]


def test_rectangle_contains_the_pixels_whose_centre_it_contains():
    expected = np.zeros(SHAPE)
    expected[3:7, 10:15] = 1
    np.testing.assert_array_equal(
        drawn([(2.5, 9.5), (2.5, 14.5), (6.5, 14.5), (6.5, 9.5)]), expected
    )


@pytest.mark.parametrize("seed", range(5))
def test_self_crossing_polygons_are_filled_like_those_of_scikit_image(seed):
    corners = np.random.default_rng(seed).uniform(-5, 30, (7, 2))
    np.testing.assert_array_equal(drawn(corners), polygon2mask(SHAPE, corners))


def test_adjacent_shapes_share_no_pixel_and_leave_no_gap():
    left = [(1, 1), (1, 9), (9, 5), (9, 1)]
    right = [(1, 9), (1, 20), (9, 20), (9, 5)]
    together = drawn(left).astype(bool) ^ drawn(right).astype(bool)
    np.testing.assert_array_equal(together, drawn([(1, 1), (1, 20), (9, 20), (9, 1)]))


def test_what_is_outside_is_cut_off():
    whole = [(-1e6, -1e6), (-1e6, 1e6), (1e6, 1e6), (1e6, -1e6)]
    assert drawn(whole).all()
    assert not drawn([(-9, 2), (-9, 8), (-2, 8), (-2, 2)]).any()
    assert not drawn(np.full((4, 2), 5.0)).any()


def test_the_last_shape_is_on_top_and_equal_colors_share_a_label():
    square = np.array([(0, 0), (0, 10), (10, 10), (10, 0)], float)
    labels, colors = rasterized(
        [Area([square], RED), Area([square + 5], BLUE), Area([np.add(square, (0, 15))], RED)], SHAPE
    )
    assert colors == {1: RED, 2: BLUE}
    assert (labels[2, 2], labels[8, 8], labels[2, 20], labels[18, 2]) == (1, 2, 1, 0)


def test_ellipse_has_the_right_area():
    outline = ellipse(np.array([10.0, 14.0]), np.array([8.3, 0.0]), np.array([0.0, 12.4]))
    labels = drawn(outline)
    assert labels[10, 14]
    assert not labels[3, 3]
    assert np.count_nonzero(labels) == pytest.approx(np.pi * 8.3 * 12.4, rel=0.02)


@pytest.mark.parametrize("end", [(9.0, 25.0), (15.0, 9.0), (15.0, 15.0), (11.0, 25.0)])
def test_thin_line_has_no_gaps(end):
    start = np.array([3.0, 3.0])
    labels = drawn(*stroke(np.array([start, end]), 1.0, is_closed=False))
    steps = np.linspace(start, end, 100)[5:-5]
    near = [labels[int(y) : int(y) + 2, int(x) : int(x) + 2].any() for y, x in steps]
    assert all(near)
    longest = max(abs(end - start))
    assert longest <= np.count_nonzero(labels) <= 1.5 * longest


def test_thick_path_is_round_where_it_turns_and_ends_where_it_ends():
    path = np.array([(5.0, 5.0), (5.0, 20.0), (15.0, 20.0)])
    labels = drawn(*stroke(path, 6.0, is_closed=False))
    assert labels[5, 22]  # beyond the turn
    assert labels[3, 21]
    assert not labels[2, 23]
    assert not labels[5, 3]  # before the start


def test_closed_path_returns_to_its_start():
    path = np.array([(4.0, 4.0), (4.0, 24.0), (16.0, 14.0)])
    labels = drawn(*stroke(path, 3.0, is_closed=True))
    assert labels[10, 9]  # on the way back
    assert labels[3, 3]
    assert not labels[8, 14]
