"""What cannot be a key, or have one, is said before a pixel is read."""

import pytest

from napari_oneshot_color.stacks.key_problems import place_problem, taking_problem

SHAPE = (11, 64, 80)


@pytest.mark.parametrize(
    ("number", "size", "words"),
    [
        (4, (64, 80), None),
        (11, (64, 80), "There is no slice 11 for the key 'new': the stack has slices 0 to 10."),
        (-1, (64, 80), "There is no slice -1"),
        (4, (64, 78), "The key 'new' has 78 x 64 px, and the slices 80 x 64."),
        (3, (64, 80), "Slice 3 has a key already, 'old'. Remove that one first"),
    ],
)
def test_a_key_needs_a_slice_of_its_size_that_has_none(number, size, words):
    sentence = place_problem(number, "new", size, SHAPE, {3: "old"})
    assert sentence is None if words is None else sentence.startswith(words)


def test_only_stacks_with_one_axis_and_colorizers_that_look_take_keys(colorizer):
    assert "this one has 2" in taking_problem(colorizer, (2, *SHAPE))
    assert "does not search its source" in taking_problem(colorizer, SHAPE)
