"""Points and shapes as hints: each of its own colour, where it lies on the target."""

import numpy as np
import pytest
from napari.layers import Image, Points, Shapes

from napari_oneshot_color.plugin.hints.reading import noted

SHAPE = (48, 64)
RED, BLUE = (0.75, 0.25, 0.25), (0.25, 0.375, 0.75)  # exact as float32
CLEAR = (0.0, 0.0, 0.0, 0.0)
SQUARE = np.array([(10, 20), (10, 40), (30, 40), (30, 20)], float)


def painted(layer, shape=SHAPE, **place):
    """Read a layer's hints on a target of a place."""
    return noted(layer, Image(np.zeros(shape), **place), shape)()


def test_filled_shapes_have_the_color_of_their_face():
    layer = Shapes(
        [SQUARE, np.add(SQUARE, (15, 20))],
        shape_type=["rectangle", "polygon"],
        face_color=[RED, BLUE],
        edge_color="white",
    )
    hints = painted(layer)
    assert hints.colors == {1: RED, 2: BLUE}
    assert (hints.labels[20, 30], hints.labels[40, 50]) == (1, 2)
    assert np.count_nonzero(hints.labels == 1) == pytest.approx(400, rel=0.06)


def test_ellipse_fills_its_box_as_an_ellipse_does():
    hints = painted(Shapes([SQUARE], shape_type="ellipse", face_color=[RED]))
    assert np.count_nonzero(hints.labels) == pytest.approx(np.pi * 10**2, rel=0.03)
    assert hints.labels[20, 30]
    assert not hints.labels[11, 21]


def test_tilted_ellipse_is_tilted():
    tilted = np.array([(10, 10), (30, 40), (34, 36), (14, 6)], float)
    hints = painted(Shapes([tilted], shape_type="ellipse", face_color=[RED]))
    assert hints.labels[14, 13]
    assert not hints.labels[14, 33]


def test_lines_and_paths_are_strokes_of_their_edge():
    layer = Shapes(
        [[(5, 5), (5, 45)], [(20, 10), (20, 50), (40, 50)]],
        shape_type=["line", "path"],
        face_color=[RED],
        edge_color=[BLUE],
        edge_width=[2, 6],
    )
    hints = painted(layer)
    assert list(hints.colors.values()) == [BLUE]
    assert np.count_nonzero(hints.labels[:10]) == pytest.approx(2 * 40, rel=0.1)
    assert np.count_nonzero(hints.labels[15:25, 15:40].any(axis=1)) == 6
    assert not hints.labels[30, 30]


def test_closed_shape_with_a_transparent_face_is_the_stroke_of_its_edge():
    layer = Shapes(
        [SQUARE], shape_type="rectangle", face_color=[CLEAR], edge_color=[BLUE], edge_width=2
    )
    hints = painted(layer)
    assert hints.colors == {1: BLUE}
    assert not hints.labels[20, 30]
    sides = hints.labels[10, 30], hints.labels[20, 40], hints.labels[30, 30], hints.labels[20, 20]
    assert all(sides)


def test_invisible_marks_are_not_hints():
    layer = Shapes([SQUARE], shape_type="rectangle", face_color=[CLEAR], edge_color=[CLEAR])
    assert painted(layer) is None
    assert painted(Shapes(ndim=2)) is None
    assert painted(Shapes([SQUARE + 100], shape_type="polygon", face_color=[RED])) is None


def test_shapes_overlap_in_drawing_order():
    layer = Shapes([SQUARE, SQUARE], shape_type="rectangle", face_color=[RED, BLUE])
    hints = painted(layer)
    assert hints.colors[hints.labels[20, 30]] == BLUE
    layer.z_index = [7, 2]
    hints = painted(layer)
    assert hints.colors[hints.labels[20, 30]] == RED


@pytest.mark.parametrize(
    "place",
    [
        {"scale": (0.5, 0.25), "translate": (100, -40)},
        {"rotate": 30, "translate": (9, -4)},
        {"shear": [0.5]},
        {"affine": [[0, 2, 5], [1, 0, 3], [0, 0, 1]]},
    ],
)
def test_shapes_are_found_wherever_layer_and_target_lie(place):
    corners = SQUARE + 0.3  # no pixel's middle is on the border
    expected = painted(Shapes([corners], shape_type="polygon", face_color=[RED])).labels
    onto = Image(np.zeros(SHAPE), **place)
    moved = np.array([onto.data_to_world(corner) for corner in corners])
    layer = Shapes(
        [(moved - (3, -5)) / (2, 4)],
        shape_type="polygon",
        face_color=[RED],
        scale=(2, 4),
        translate=(3, -5),
    )
    np.testing.assert_array_equal(painted(layer, **place).labels, expected)


def test_stroke_has_its_displayed_width():
    layer = Shapes([[(4, 8), (4, 24)]], shape_type="line", edge_color=[RED], edge_width=2)
    layer.scale = (4, 2)
    labels = painted(layer, scale=(1, 1)).labels
    assert np.count_nonzero(labels.any(axis=1)) == 8
    assert np.count_nonzero(labels.any(axis=0)) == 32


def test_thinnest_line_is_one_pixel_at_least():
    layer = Shapes([[(4.4, 8), (4.4, 24)]], shape_type="line", edge_color=[RED], edge_width=0.01)
    assert np.count_nonzero(painted(layer).labels) == 16


def test_shapes_count_in_any_slice_of_a_stack_but_not_across_slices():
    flat = np.c_[np.full(4, 7), SQUARE]
    across = np.c_[SQUARE[:, 0], np.full(4, 5), SQUARE[:, 1]]
    layer = Shapes([flat, across], shape_type="polygon", face_color=[RED, BLUE])
    hints = painted(layer)
    assert list(hints.colors.values()) == [RED]
    assert hints.labels[20, 30]


def test_unfinished_path_is_not_a_hint():
    begun = np.array([(5, 5), (5, 5)], float)
    assert painted(Shapes([begun], shape_type="path", edge_color=[RED])) is None


def test_points_are_found_wherever_the_target_lies():
    # of a stack the last two axes count
    layer = Points([(7, 105, -25)], size=4, face_color=[BLUE])
    hints = painted(layer, scale=(0.5, 0.5), translate=(100, -40))
    rows, columns = np.nonzero(hints.labels)
    np.testing.assert_allclose([rows.mean(), columns.mean()], [10, 30], atol=0.2)
    np.testing.assert_allclose(len(rows), np.pi * 4**2, rtol=0.15)


def test_points_outside_hidden_or_transparent_are_not_hints():
    layer = Points(
        [(-50, 10), (10, 10), (20, 20)], size=3, face_color=[(*BLUE, 1), (*BLUE, 1), CLEAR]
    )
    layer.shown = [True, False, True]
    assert painted(layer) is None


def test_smallest_point_is_one_pixel_at_least():
    assert painted(Points([(10.5, 20.5)], size=0.1, face_color=[BLUE])) is not None
