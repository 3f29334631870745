"""Coloured slices as an array in which no slice can fail, and whose preview waits for none."""

import pickle
import threading

import dask.array as da
import numpy as np
import pytest
from counted_stack import Counted
from napari.layers import Image
from napari.settings import get_settings

from napari_oneshot_color.errors import BadPairError, OutOfMemoryError
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.stacks import slices as slices_module
from napari_oneshot_color.plugin.stacks.slices import ColoredSlices, lazy, limits_of, sentence_of
from napari_oneshot_color.stacks.lazy import colorize_stack

LIMITS = (1000, 20000)


@pytest.fixture
def in_color(result):
    """Colour a stack without the viewer."""
    return lambda stack, limits=LIMITS: colorize_stack(
        result.colorizer, lazy(stack), limits=limits
    ).compute()


@pytest.fixture
def fragile():
    """A stack of three grey slices, the second of which fails until it is repaired."""
    reports, broken = [], [OSError("gone")]

    def block(block_id):
        if block_id[0] == 1 and broken:
            raise broken[0]
        return np.full((1, 4, 5, 3), 10 * block_id[0], np.uint8)

    colored = da.map_blocks(
        block, chunks=((1, 1, 1), (4,), (5,), (3,)), dtype=np.uint8, meta=np.empty((0,) * 4, "u1")
    )
    grey = da.from_array(np.full((3, 4, 5), 10500, np.uint16), chunks=(1, 4, 5))
    report = lambda index, error: reports.append((index, error))  # noqa: E731
    slices = ColoredSlices(colored, grey, LIMITS, report)
    slices.reports, slices.broken = reports, broken
    return slices


def test_array_gets_chunks_of_one_slice_and_a_lazy_one_keeps_its_own():
    assert lazy(np.zeros((2, 3, 4, 5))).chunks == ((1, 1), (1, 1, 1), (4,), (5,))
    chunked = da.zeros((4, 6, 6), chunks=(2, 3, 6))
    assert lazy(chunked).chunks == chunked.chunks


def test_array_in_memory_is_not_copied(stack):
    shared = []

    def look(block):
        shared.append(np.shares_memory(block, stack))
        return block

    looked_at = lazy(stack).map_blocks(look, dtype=stack.dtype, meta=lazy(stack)._meta)
    np.testing.assert_array_equal(looked_at, stack)
    assert shared == [True, True, True]


def test_limits_of_bytes_in_memory_need_no_copy_of_them(monkeypatch):
    target = snapshot(Image(np.zeros((3, 40, 50), np.uint8), contrast_limits=(0, 255)))
    assert target.limits is None
    copied = []
    monkeypatch.setattr(da.core, "from_array", lambda data, *_, **__: copied.append(data) or data)
    assert limits_of(target) == (0, 255)
    assert copied == []


def test_very_many_slices_are_not_listed(result):
    stack = np.broadcast_to(np.arange(48 * 64, dtype=np.uint16).reshape(48, 64), (50_000, 48, 64))
    colored = colorize_stack(result.colorizer, lazy(stack), limits=LIMITS)
    slices = ColoredSlices(colored, lazy(stack), LIMITS)
    for array in (slices.colored, slices.array, slices.preview):
        layers = array.dask.layers.values()
        assert sum(len(layer) for layer in layers if layer.is_materialized()) < 10
    assert np.asarray(slices.array[40_000]).shape == (48, 64, 3)


def test_preview_shows_known_slices_in_color_and_the_rest_in_grey(fragile):
    fragile.color((2,))
    shown = np.asarray(fragile.preview)
    assert (shown[2] == 20).all()
    assert (shown[0] == 128).all()  # the middle of the limits
    assert fragile.viewed == {(0,), (1,), (2,)}
    assert fragile.missing == {(0,), (1,)}


def test_failed_slice_is_grey_reported_and_retried_after_forgetting(fragile):
    assert (fragile.color((1,)) == 128).all()
    [(index, error)] = fragile.reports
    assert index == (1,)
    assert isinstance(error, OSError)
    assert fragile.has_failed((1,))
    fragile.broken.clear()
    fragile.forget_failures()
    assert not fragile.has_failed((1,))
    assert (fragile.color((1,)) == 10).all()


def test_slice_with_bad_pixels_is_not_retried(fragile):
    fragile.broken[0] = BadPairError("It holds NaN.")
    fragile.color((1,))
    fragile.broken.clear()
    fragile.forget_failures()
    assert (fragile.color((1,)) == 128).all()
    assert len(fragile.reports) == 1


def test_samples_distinguish_stacks(stack):
    def checksum(data):
        return ColoredSlices(da.zeros((*data.shape, 3)), lazy(data), LIMITS).samples_checksum()

    other = stack.copy()
    other[1, 0, 0] += 1
    assert checksum(stack) == checksum(stack.copy())
    assert len({checksum(stack), checksum(other), checksum(stack[::-1])}) == 3


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (BadPairError("It is blank."), "It is blank."),
        (
            OutOfMemoryError("It is full."),
            "It is full. It is tried again when you come back to it.",
        ),
        (
            OSError("gone"),
            "Something unforeseen happened twice (OSError: gone). It is tried again when you come "
            "back to it.",
        ),
    ],
)
def test_message_tells_whether_a_slice_is_retried(error, sentence):
    assert sentence_of(error) == sentence


def test_slicing_in_napari_s_own_threads_gets_colors(result, stack, in_color, monkeypatch):
    monkeypatch.setattr(get_settings().experimental, "async_", True)
    slices = ColoredSlices(
        colorize_stack(result.colorizer, lazy(stack), limits=LIMITS), lazy(stack), LIMITS
    )
    asked = []
    slices.array.instead = lambda: asked.append(threading.current_thread())
    np.testing.assert_array_equal(slices.array[1], in_color(stack)[1])
    assert len(asked) == 1


def test_slices_can_be_pickled(result, stack, in_color):
    colored = colorize_stack(result.colorizer, lazy(stack), limits=LIMITS)
    slices = ColoredSlices(colored, lazy(stack), LIMITS, report=threading.Lock())
    sent = pickle.loads(pickle.dumps(slices))
    np.testing.assert_array_equal(sent.color((1,)), in_color(stack)[1])
    array = pickle.loads(pickle.dumps(slices.array))
    np.testing.assert_array_equal(array[1], in_color(stack)[1])


def test_number_of_cached_slices_is_limited(result, stack, monkeypatch):
    monkeypatch.setattr(slices_module, "_LARGEST_KEPT", 2 * 48 * 64 * 3)
    counted = Counted(stack)
    colored = colorize_stack(result.colorizer, counted.array, limits=LIMITS)
    slices = ColoredSlices(colored, counted.array, LIMITS)
    for index in (0, 1, 0, 2, 0):
        slices.color((index,))
    counted.read.clear()
    slices.color((0,))
    slices.color((2,))
    assert counted.read == []
    slices.color((1,))
    assert counted.read == [(1,)]
