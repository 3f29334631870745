"""The share of neighbours that moved alike, and ramps between two values."""

import numpy as np

from napari_oneshot_color.matching.agreement import coherence, ramp, smoothstep


def test_places_that_all_moved_alike_agree_except_at_the_border():
    share = coherence(np.full((6, 8), 3), np.full((6, 8), -2), 1)
    assert share.dtype == np.float32
    assert (share[1:-1, 1:-1] == 1).all()
    assert share[0, 0] == 3 / 8  # outside of the image no one moved
    assert share[0, 3] == 5 / 8


def test_shifts_one_step_apart_agree_and_two_apart_do_not():
    rows = np.zeros((5, 5), int)
    rows[2, 2] = 1
    assert coherence(rows, np.zeros((5, 5), int), 2)[2, 2] == 1
    rows[2, 2] = 2
    assert coherence(rows, np.zeros((5, 5), int), 2)[2, 2] == 0


def test_both_directions_must_agree():
    columns = np.zeros((5, 5), int)
    columns[2, 2] = 9
    assert coherence(np.zeros((5, 5), int), columns, 1)[2, 2] == 0


def test_ramp_is_straight_between_its_ends_and_flat_beyond():
    found = ramp(np.float32([0, 2, 3, 4, 9]), 2, 4)
    np.testing.assert_allclose(found, [0, 0, 0.5, 1, 1])


def test_smoothstep_eases_a_ramp():
    np.testing.assert_allclose(smoothstep(np.float32([0, 0.25, 0.5, 1])), [0, 0.15625, 0.5, 1])
