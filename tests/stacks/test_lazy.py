"""Stacks and large images are coloured lazily like their slices, whatever their chunks."""

import pickle

import dask
import dask.array as da
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from napari_oneshot_color import train
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.formats import as_dtype
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stacks.limits import stack_limits


@pytest.fixture(autouse=True)
def _one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="module")
def chroma_colorizer(source, tiny):
    settings = tiny(
        network="chroma", neighbour_weight=0.25, correspondence=True, smoothing="guided",
        use_regions=False, working_size=64,
    )  # fmt: skip
    return train(np.tile(source, (2, 2, 1)), settings)


def stack_of(shape, seed=0, dtype=np.uint8):
    """Make slices of blobs under noise, ``(…, H, W)``."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    ramp = 60 + 50 * np.sin(x / 9 + seed) + 40 * np.cos(y / 7)
    values = np.clip(ramp + rng.normal(0, 12, shape), 0, 255)
    if np.dtype(dtype).kind == "f":
        return (values / 255).astype(dtype)
    return (values / 255 * np.iinfo(dtype).max).astype(dtype)


def applied(colorizer, pixels, dtype=np.uint8, limits=None):
    """Colour one slice as the pipeline does."""
    steps = apply_steps(colorizer, pixels, target_limits=limits)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return as_dtype(finished.value.final, np.dtype(dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("size", [(70, 91), (48, 60), (37, 200)])
def test_stack_is_colored_like_its_slices(colorizer, dtype, size):
    stack = stack_of((2, *size), dtype=dtype)
    colored = colorize_stack(colorizer, da.from_array(stack), dtype=np.uint16)
    assert colored.shape == (2, *size, 3)
    assert colored.dtype == np.uint16
    result = colored.compute()
    for pixels, colors in zip(stack, result, strict=True):
        np.testing.assert_array_equal(colors, applied(colorizer, pixels, np.uint16))


def test_chroma_network_colors_stacks_like_their_slices(chroma_colorizer):
    stack = stack_of((2, 131, 90))
    colored = colorize_stack(chroma_colorizer, da.from_array(stack, chunks=(2, 50, 40))).compute()
    for pixels, colors in zip(stack, colored, strict=True):
        np.testing.assert_array_equal(colors, applied(chroma_colorizer, pixels))


@given(
    leading=st.sampled_from([(), (1,), (3,), (2, 2)]),
    size=st.tuples(st.integers(40, 90), st.integers(40, 90)),
    chunk=st.tuples(st.integers(1, 3), st.integers(7, 90), st.integers(7, 90)),
)
@hypothesis_settings(max_examples=12)
def test_bytes_do_not_depend_on_the_chunks(colorizer, leading, size, chunk):
    stack = stack_of((*leading, *size))
    chunks = (*(min(chunk[0], n) for n in leading), *chunk[1:])
    whole = colorize_stack(colorizer, da.from_array(stack, chunks=-1))
    parts = colorize_stack(colorizer, da.from_array(stack, chunks=chunks))
    assert whole.compute().tobytes() == parts.compute().tobytes()


@pytest.mark.parametrize(
    "change", [np.asfortranarray, lambda s: s[:, ::-1, ::-1].copy()[:, ::-1, ::-1]]
)
def test_memory_order_does_not_matter(colorizer, change):
    stack = stack_of((2, 60, 70))
    changed = change(stack)
    np.testing.assert_array_equal(
        colorize_stack(colorizer, stack).compute(), colorize_stack(colorizer, changed).compute()
    )


def test_threads_give_the_same_bytes(colorizer):
    colored = colorize_stack(colorizer, da.from_array(stack_of((6, 60, 70)), chunks=(1, 30, 70)))
    alone = colored.compute()
    with dask.config.set(scheduler="threads", num_workers=4):
        assert colored.compute().tobytes() == alone.tobytes()


def counted(stack, chunks):
    """Wrap a stack so that the slices that are read are recorded."""
    read = []

    def look(block, block_info=None):
        read.append(block_info[0]["chunk-location"])
        return block

    return da.from_array(stack, chunks=chunks).map_blocks(
        look, dtype=stack.dtype, meta=stack[:0]
    ), read


def test_threads_of_the_caller_are_left_unchanged(colorizer):
    lazy = colorize_stack(colorizer, stack_of((2, 48, 64)))
    torch.set_num_threads(3)
    lazy.compute(scheduler="synchronous")
    assert torch.get_num_threads() == 3


def test_nothing_is_computed_until_it_is_requested(colorizer):
    stack, read = counted(stack_of((5, 60, 70)), (1, -1, -1))
    colored = colorize_stack(colorizer, stack)
    assert read == []
    colored[3].compute()
    assert read == [(3, 0, 0)]


def test_a_chunk_of_a_large_slice_reads_the_slice_once_and_itself_again(colorizer):
    stack, read = counted(stack_of((2, 90, 70)), (1, 45, 35))
    colorize_stack(colorizer, stack)[1, :45, :35].compute()
    assert sorted(read) == sorted([(1, y, x) for y in (0, 1) for x in (0, 1)] + [(1, 0, 0)])


def test_chunks_hold_one_slice_with_the_stack_s_own_height_and_width(colorizer):
    stack = da.from_array(stack_of((4, 60, 70)), chunks=(3, 40, 70))
    assert colorize_stack(colorizer, stack).chunks == ((1,) * 4, (40, 20), (70,), (3,))


def test_constant_slice_stays_grey(colorizer):
    stack = stack_of((3, 60, 70))
    stack[1] = 77
    colored = colorize_stack(colorizer, stack).compute()
    assert (colored[1] == 77).all()
    assert np.ptp(colored[0].astype(int), axis=-1).max() > 0


def test_one_pair_of_limits_serves_all_slices(colorizer):
    stack = stack_of((2, 60, 70), dtype=np.float32) * 3 - 1
    low, high = stack_limits(stack)
    assert (low, high) == (stack.min(), stack.max())
    colored = colorize_stack(colorizer, stack).compute()
    for pixels, colors in zip(stack, colored, strict=True):
        np.testing.assert_array_equal(colors, applied(colorizer, pixels, limits=(low, high)))


def test_slice_with_nan_gives_a_clear_error_when_computed(colorizer):
    stack = stack_of((2, 60, 70), dtype=np.float32)
    stack[1, 5, 5] = np.nan
    colored = colorize_stack(colorizer, stack, limits=(0, 1))
    assert colored[0].compute().shape == (60, 70, 3)
    with pytest.raises(BadPairError, match="NaN"):
        colored[1].compute()


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        (np.zeros(9, np.uint8), "must be grey"),
        (np.zeros((0, 60, 60), np.uint8), "must be grey"),
        (np.zeros((2, 60, 60), complex), "real numbers"),
        (np.zeros((4, 9, 200), np.uint8), "needs at least 32 px"),
    ],
)
def test_stacks_that_cannot_be_colored_are_refused_at_once(colorizer, stack, sentence):
    with pytest.raises(BadPairError, match=sentence):
        colorize_stack(colorizer, stack)


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (0, np.inf)])
def test_limits_must_be_in_order(colorizer, limits):
    with pytest.raises(BadPairError, match="upper must exceed"):
        colorize_stack(colorizer, stack_of((2, 60, 70)), limits=limits)


def test_user_s_stack_is_left_unchanged(colorizer):
    stack = stack_of((2, 60, 70))
    before = stack.copy()
    colorize_stack(colorizer, stack).compute()
    np.testing.assert_array_equal(stack, before)


def test_colorizer_survives_pickling_like_a_file(chroma_colorizer):
    copy = pickle.loads(pickle.dumps(chroma_colorizer))
    assert copy.checksum == chroma_colorizer.checksum
    stack = stack_of((1, 80, 90))
    np.testing.assert_array_equal(
        colorize_stack(copy, stack).compute(), colorize_stack(chroma_colorizer, stack).compute()
    )


def test_same_stack_and_colorizer_have_the_same_keys(colorizer):
    stack = da.from_array(stack_of((2, 60, 70)), name="stack")
    assert colorize_stack(colorizer, stack).name == colorize_stack(colorizer, stack).name
