"""The types of arguments are checked before their values."""

import dask.array as da
import numpy as np
import pytest
import torch

from napari_oneshot_color.errors import BadPairError, BadSettingsError
from napari_oneshot_color.pair.checks import (
    as_array,
    check_array,
    check_kind,
    check_limits,
    is_color,
    is_weight,
)


@pytest.mark.parametrize("given", [np.ones((2, 3)), torch.ones(2, 3), da.ones((2, 3))])
def test_arrays_of_any_library_are_taken(given):
    check_array(given, "The target is")
    taken = as_array(given, "The target is")
    assert isinstance(taken, np.ndarray)
    assert taken.shape == (2, 3)


def test_array_of_numpy_is_not_copied():
    image = np.ones((2, 3))
    assert as_array(image, "The target is") is image


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "is None,"), ("a.png", r"is 'a\.png',"), ([[1]], "is a list,"), (3, "is a int,")],
)
def test_value_that_is_not_an_array_is_named(given, words):
    with pytest.raises(BadPairError, match=f"The target {words} not an array. Give pixels"):
        as_array(given, "The target is")


def test_kind_is_checked_with_the_advice_and_error_of_the_caller():
    assert check_kind(3, int, "The number is", "Give one.") == 3
    with pytest.raises(BadSettingsError, match=r"^The number is 'x'\. Give one\.$"):
        check_kind("x", int, "The number is", "Give one.", BadSettingsError)


def test_limits_are_returned_as_plain_numbers():
    limits = check_limits(np.uint16([5, 900]), "scan")
    assert limits == (5.0, 900.0)
    assert [type(limit) for limit in limits] == [float, float]


@pytest.mark.parametrize("given", [5, "ab", (1,), (1, 2, 3), (None, 1), [[1, 2], 3]])
def test_limits_that_are_not_two_numbers_are_refused(given):
    with pytest.raises(BadPairError, match=r"The limits of 'scan' are .* Give two numbers"):
        check_limits(given, "scan")


@pytest.mark.parametrize("given", [(1, 1), (2, 1), (0, np.inf), (np.nan, 1)])
def test_empty_and_infinite_limits_are_refused(given):
    with pytest.raises(BadPairError, match="the upper must exceed the lower"):
        check_limits(given, "scan")


@pytest.mark.parametrize("color", [(0, 0.5, 1), [1, 1, 1], np.zeros(3, np.float32)])
def test_three_numbers_from_0_to_1_are_a_color(color):
    assert is_color(color)


@pytest.mark.parametrize("given", [None, "red", (0, 0), (0, 0, 1.1), (0, np.nan, 0), {"r": 1}])
def test_nothing_else_is_a_color(given):
    assert not is_color(given)


@pytest.mark.parametrize(
    ("given", "fits"),
    [(1, True), (0.1, True), (np.float32(2), True), (0, False), (-1, False), (np.inf, False),
     (np.nan, False), ("1", False), (None, False)],
)  # fmt: skip
def test_weight_is_a_finite_number_above_0(given, fits):
    assert is_weight(given) is fits
