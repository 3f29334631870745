"""Stacks are read in windows: before the first slice, nothing grows with their number."""

from itertools import islice
from math import prod

import dask.array as da
import numpy as np
import pytest
import zarr
from tiny_stacks import finish, grey_stack
from zarr_stores import INPUTS

from napari_oneshot_color.stacks.lazy import ColoredStack, colorize_stack
from napari_oneshot_color.stacks.limits import stack_limits
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.windows import Windowed, windows
from napari_oneshot_color.stacks.zarr_reading import open_stack
from napari_oneshot_color.stacks.zarr_writing import write_steps


@pytest.mark.parametrize(
    ("shape", "chunks", "sizes"),
    [
        ((), (), set()),
        ((5,), (1,), {5}),
        ((100,), (1,), {32, 4}),
        ((100,), (24,), {48, 4}),
        ((100,), (1000,), {100}),
        ((1000, 2), (1, 1), {32, 16}),
        ((3, 7), (1, 1), {21}),
        ((2, 50, 3), (1, 1, 1), {30, 60}),
    ],
)
def test_windows_cover_every_slice_once(shape, chunks, sizes):
    seen = np.zeros(shape, int)
    for window in windows(shape, chunks, 32):
        seen[window] += 1
        for one, chunk in zip(window, chunks, strict=True):
            assert one.start % chunk == 0
    assert (seen == 1).all()


def test_windows_of_any_number_of_slices_start_at_once():
    first = next(windows((10**15, 10**15), (1, 1), 32))
    assert first == (slice(0, 1), slice(0, 32))
    assert len(list(islice(windows((10**15,), (7,), 32), 3))) == 3


def test_a_window_is_that_part_of_the_array():
    array = da.from_array(grey_stack((9, 4, 5, 6)), chunks=1).compute()

    class Named(np.ndarray):
        def __dask_tokenize__(self):
            return "array"

    window = Windowed(array.view(Named), (slice(2, 7), slice(1, 3)))
    assert window.shape == (5, 2, 5, 6)
    expected = array[2:7, 1:3]
    for index in [(slice(1, 3), slice(None)), (4, 1), (slice(None, None, 2),), (0, slice(1, 2), 3)]:
        np.testing.assert_array_equal(window[index], expected[index])
    lazy = da.from_array(window, chunks=(2, 1, 5, 6))
    np.testing.assert_array_equal(lazy[1:4, 1].compute(), expected[1:4, 1])


@pytest.fixture
def endless():
    """A stack of a billion slices, each made when it is read."""
    shape = (10**9, 48, 64)

    def part(window):
        numbers = range(window[0].start, window[0].stop)
        return da.stack([da.from_array(grey_stack(shape[1:], number)) for number in numbers])

    return StoredStack(shape, np.dtype(np.uint8), (1, 48, 64), part)


def test_the_first_slices_of_an_endless_stack_are_written(endless, colorizer, tmp_path):
    colored = ColoredStack(colorizer, endless, (0, 255), np.dtype(np.uint8))
    assert colored.shape == (10**9, 48, 64, 3)
    steps = write_steps(colored, tmp_path / "a.zarr", attributes=INPUTS)
    done = next(progress for progress in steps if progress.done)
    steps.close()
    assert done.total == 10**9
    assert any(one.is_file() for one in (tmp_path / "a.zarr" / "c").rglob("0"))


def test_limits_of_a_stack_read_in_windows_are_those_of_all_slices(tmp_path):
    stack = grey_stack((600, 8, 9), dtype=np.float32) * 3
    stack[599, 3, 3] = 7
    zarr.create_array(tmp_path / "a.zarr", data=stack, chunks=(50, 8, 9))
    opened = open_stack(tmp_path / "a.zarr")
    assert stack_limits(opened) == stack_limits(stack) == (stack.min(), 7)


@pytest.mark.parametrize("chunks", [(1, 1, 48, 64), (3, 2, 20, 64), (2, 24, 48, 30)])
def test_a_stack_read_in_windows_has_the_same_bytes_as_a_listed_one(colorizer, tmp_path, chunks):
    stack = grey_stack((3, 24, 48, 64))
    zarr.create_array(tmp_path / "a.zarr", data=stack, chunks=chunks)
    opened = open_stack(tmp_path / "a.zarr")
    colored = ColoredStack(colorizer, opened, (0, 255), np.dtype(np.uint8))
    finish(write_steps(colored, tmp_path / "b.zarr", attributes=INPUTS))
    walked = zarr.open_array(tmp_path / "b.zarr", mode="r")
    assert walked.chunks == (1, 1, *chunks[2:], 3)
    listed = colorize_stack(colorizer, stack[1:2, 14:18]).compute()
    np.testing.assert_array_equal(walked[1:2, 14:18], listed)
    assert np.ptp(walked[2, 23]) > 20
    assert opened.chunk_count == prod(
        -(-a // b) for a, b in zip(walked.shape, walked.chunks, strict=True)
    )
