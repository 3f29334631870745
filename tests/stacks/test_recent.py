"""The last things that were computed are remembered, and older ones forgotten."""

from napari_oneshot_color.stacks.recent import Recent


def test_the_last_ones_are_kept():
    recent = Recent(3)
    for number in range(5):
        recent.keep(str(number), number)
    assert [recent.get(str(number)) for number in range(5)] == [None, None, 2, 3, 4]


def test_nothing_is_left_after_clearing():
    recent = Recent(3)
    recent.keep("a", 1)
    recent.clear()
    assert recent.get("a") is None
