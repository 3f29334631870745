"""Slices followed from one to the next: near the truth, lazily, the same bytes in any order."""

import dask
import dask.array as da
import numpy as np
import pytest
from moving_films import looking_colorizer, still_film, tiny_film
from skimage.color import rgb2lab

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.progress import Steps
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stacks import fields
from napari_oneshot_color.stacks.fields import LOOK_BACK
from napari_oneshot_color.stacks.lazy import ColoredStack, colorize_stack
from napari_oneshot_color.stacks.recent import Recent
from napari_oneshot_color.stacks.stored import StoredStack

FRAMES = LOOK_BACK + 4
REACH = Settings.preset("best").steadied_slices
FLOAT = np.dtype(np.float32)


@pytest.fixture(scope="module")
def film():
    return tiny_film(FRAMES)


@pytest.fixture(scope="module")
def looking(film):
    return looking_colorizer(film[0][0])


@pytest.fixture(autouse=True)
def _one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(autouse=True)
def recent(monkeypatch):
    """Forget what other tests computed."""
    monkeypatch.setattr(fields, "_RECENT", Recent(16))
    return fields._RECENT


@pytest.fixture(scope="module")
def whole(film, looking):
    return colorize_stack(looking, film[1], limits=(0, 1), dtype=FLOAT).compute()


def lazily(looking, film):
    return colorize_stack(looking, film[1], limits=(0, 1), dtype=FLOAT)


def chroma_error(found, truth):
    return np.linalg.norm(rgb2lab(found)[..., 1:] - rgb2lab(truth)[..., 1:], axis=-1)


def test_colors_follow_motion(film, whole):
    for number in (1, LOOK_BACK - 1, LOOK_BACK, FRAMES - 1):
        error = chroma_error(whole[number], film[0][number])
        assert np.median(error[8:-8, 8:-32]) < 1  # what the source shows, but for its rim


@pytest.mark.parametrize("order", [range(FRAMES), reversed(range(FRAMES)), (7, 2, 9, 7)])
def test_each_slice_alone_has_the_same_bytes_as_in_the_stack(film, looking, whole, order):
    lazy = lazily(looking, film)
    for number in order:
        np.testing.assert_array_equal(lazy[number].compute(), whole[number])


def test_each_slice_has_the_same_bytes_without_remembered_slices(film, looking, whole, recent):
    for number in (5, LOOK_BACK + 1):
        recent.clear()
        np.testing.assert_array_equal(lazily(looking, film)[number].compute(), whole[number])


def test_threads_give_the_same_bytes(film, looking, whole):
    with dask.config.set(scheduler="threads", num_workers=4):
        np.testing.assert_array_equal(lazily(looking, film).compute(), whole)


@pytest.mark.parametrize("number", [0, LOOK_BACK])
def test_a_chain_that_is_not_steadied_begins_like_a_single_image(still, number):
    colorizer = looking_colorizer(still[0], steadied_slices=0)
    found = lazily(colorizer, still)[number].compute()
    steps = Steps(apply_steps(colorizer, still[1][number], target_limits=(0, 1)))
    np.testing.assert_array_equal(found, steps.finish().final)


def test_only_slices_of_the_same_chain_and_those_beside_are_read(film, looking):
    read = []

    def look(block, block_info=None):
        read.append(block_info[0]["chunk-location"][0])
        return block

    stack = da.from_array(film[1], chunks=(1, -1, -1))
    stack = stack.map_blocks(look, dtype=stack.dtype, meta=film[1][:0])
    colorize_stack(looking, stack, limits=(0, 1))[LOOK_BACK + 2].compute()
    assert sorted(read) == list(range(LOOK_BACK - REACH, FRAMES))


def test_next_slice_continues_from_the_last_one(film, looking, whole, monkeypatch):
    lazy = lazily(looking, film)
    lazy[5].compute()
    monkeypatch.setattr(fields, "find", None)  # the chain is not begun again
    followed = []
    follow = fields.follow
    monkeypatch.setattr(fields, "follow", lambda *a: followed.append(1) or follow(*a))
    np.testing.assert_array_equal(lazy[6].compute(), whole[6])
    assert len(followed) == 1


def test_constant_slice_does_not_end_a_chain(film, looking, whole):
    grey = film[1].copy()
    grey[3] = 0.5
    colored = colorize_stack(looking, grey, limits=(0, 1), dtype=FLOAT).compute()
    np.testing.assert_allclose(colored[3], 0.5, atol=1e-3)
    error = chroma_error(colored[4], film[0][4])
    assert np.median(error[8:-8, 8:-32]) < 1
    np.testing.assert_array_equal(colored[2], whole[2])


@pytest.mark.parametrize("window", [slice(0, 3), slice(5, 12), slice(LOOK_BACK, FRAMES)])
def test_a_stack_read_in_windows_has_the_same_bytes_as_a_listed_one(film, looking, whole, window):
    def part(wanted):
        return da.from_array(film[1][wanted], chunks=(3, -1, -1))

    stored = StoredStack(film[1].shape, FLOAT, (3, *film[1].shape[1:]), part)
    walked = ColoredStack(looking, stored, (0, 1), FLOAT)
    np.testing.assert_array_equal(walked.part((window,)).compute(), whole[window])


@pytest.fixture(scope="module")
def still():
    return still_film(LOOK_BACK + 3)


@pytest.fixture(scope="module")
def steady(still):
    """A colorizer for the still film, and the film in its colours."""
    colorizer = looking_colorizer(still[0])
    return colorizer, lazily(colorizer, still).compute()


def test_slice_with_nan_spoils_no_other(film, looking, whole):
    grey = film[1].copy()
    grey[6, 10, 10] = np.nan
    lazy = colorize_stack(looking, grey, limits=(0, 1), dtype=FLOAT)
    np.testing.assert_array_equal(lazy[5].compute(), whole[5])
    error = chroma_error(lazy[7].compute(), film[0][7])
    assert np.median(error[8:-8, 8:-32]) < 1
    with pytest.raises(BadPairError, match="NaN"):
        lazy[6].compute()
    with pytest.raises(BadPairError, match="NaN"):
        colorize_stack(looking, grey, limits=(0, 1), keys={6: film[0][6]})


def change(frames):
    return float(np.linalg.norm(np.diff(rgb2lab(frames)[..., 1:], axis=0), axis=-1).mean())


def test_still_scene_flickers_less_if_its_slices_are_steadied(still, steady):
    colorizer = looking_colorizer(still[0], steadied_slices=0)
    flicker = change(lazily(colorizer, still)[:3].compute())
    assert change(steady[1]) < 0.3 * flicker


@pytest.mark.parametrize("window", [slice(0, 3), slice(6, 9), slice(LOOK_BACK, LOOK_BACK + 3)])
def test_steadied_slices_have_the_same_bytes_in_windows(still, steady, window):
    grey, (colorizer, whole) = still[1], steady
    stored = StoredStack(grey.shape, FLOAT, (1, *grey.shape[1:]), lambda w: da.from_array(grey[w]))
    walked = ColoredStack(colorizer, stored, (0, 1), FLOAT)
    np.testing.assert_array_equal(walked.part((window,)).compute(), whole[window])
