"""One pair of limits for a whole stack: by its dtype, or by its values."""

import numpy as np
import pytest

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.stacks.limits import stack_limits


@pytest.mark.parametrize(
    ("stack", "limits"),
    [
        (np.array([0, 255], np.uint8), (0, 255)),
        (np.array([3, 9], np.uint16), (0, 65535)),
        (np.array([True, False]), (0, 1)),
        (np.array([0.2, 0.5]), (0, 1)),
        (np.array([-4, 8], np.int16), (-4, 8)),
        (np.array([3, 900], np.uint32), (3, 900)),
        (np.array([2.0, 2.0]), (2, 3)),
    ],
)
def test_limits_follow_dtype_and_values(stack, limits):
    assert stack_limits(stack) == limits


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_limits_of_a_stack_with_nan_are_refused(bad):
    with pytest.raises(BadPairError, match="NaN or infinite"):
        stack_limits(np.array([0.5, bad]))


@pytest.mark.parametrize(
    "stack",
    [np.zeros((0, 8, 8), np.float32), np.full((2, 8, 8), "a"), np.zeros((2, 8, 8), "M8[s]")],
)
def test_limits_of_an_array_without_grey_values_are_refused(stack):
    with pytest.raises(BadPairError, match="has no grey values"):
        stack_limits(stack)
