"""What was used last is remembered, and what was not used for longest forgotten."""

import numpy as np

from napari_oneshot_color.stacks.recent import Recent, bytes_of


def known(recent, labels):
    return [label for label in labels if label in recent]


def test_the_last_ones_are_kept():
    recent = Recent(3)
    for number in range(5):
        recent.keep(number, str(number))
    assert known(recent, range(5)) == [2, 3, 4]
    assert recent.get(3) == "3"
    assert recent.get(0) is None


def test_what_is_used_is_not_forgotten():
    recent = Recent(2)
    recent.keep("a", 1)
    recent.keep("b", 2)
    recent.get("a")
    recent.keep("c", 3)
    assert known(recent, "abc") == ["a", "c"]


def test_arrays_are_kept_as_far_as_they_fit_and_the_last_one_always():
    recent = Recent(100, bytes_of)
    for number, size in enumerate((40, 40, 20, 60)):
        recent.keep(number, np.zeros(size, np.uint8))
    assert known(recent, range(4)) == [2, 3]
    recent.keep(3, np.zeros(70, np.uint8))  # instead of the former
    assert known(recent, range(4)) == [2, 3]
    recent.keep(4, np.zeros(1000, np.uint8))
    assert known(recent, range(5)) == [4]


def test_nothing_is_left_after_clearing():
    recent = Recent(3)
    recent.keep("a", 1)
    recent.clear()
    assert recent.get("a") is None
