"""Keys: slices in colour that give their colours to the slices around, and invalid keys."""

import pickle
from dataclasses import replace

import dask
import dask.array as da
import numpy as np
import pytest
from dask.callbacks import Callback
from moving_films import looking_colorizer, tiny_film
from skimage.color import lab2rgb, rgb2lab

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.stacks.keys import Looking, beside, prepare_keys
from napari_oneshot_color.stacks.lazy import ColoredStack, colorize_stack
from napari_oneshot_color.stacks.stored import StoredStack

FRAMES = 11
FLOAT = np.dtype(np.float32)


@pytest.fixture(scope="module")
def film():
    return tiny_film(FRAMES)


@pytest.fixture(scope="module")
def looking():
    """Make a colorizer from another film."""
    return looking_colorizer(tiny_film(1, seed=9)[0][0])


@pytest.fixture(autouse=True)
def _one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def toned(image, a, b):
    """Give an image one colour with nearly the same lightness."""
    lab = rgb2lab(image)
    return lab2rgb(np.dstack([lab[..., 0] * 0.5 + 25, np.full_like(lab[..., 1:], (a, b))]))


def chroma(image):
    return rgb2lab(image)[..., 1:]


def colored(looking, film, keys):
    return colorize_stack(looking, film[1], limits=(0, 1), dtype=FLOAT, keys=keys)


def test_colors_are_those_of_the_key(film, looking):
    found = colored(looking, film, {0: film[0][0]})
    for number in (0, 3):
        error = np.linalg.norm(chroma(found[number].compute()) - chroma(film[0][number]), axis=-1)
        assert np.median(error[8:-8, 8:-16]) < 1


def test_a_key_on_the_other_side_shows_what_the_first_one_does_not(film, looking):
    keys = {0: film[0][0], FRAMES - 1: film[0][-1]}
    new = np.s_[8:-8, -14:-8]  # what came in from the right
    alone, both = (colored(looking, film, some)[9].compute() for some in ({0: keys[0]}, keys))
    errors = [
        np.linalg.norm(chroma(image) - chroma(film[0][9]), axis=-1) for image in (both, alone)
    ]
    assert np.median(errors[0][new]) < 1 < np.median(errors[1][new])


def test_the_nearer_key_has_the_larger_share(looking):
    picture = tiny_film(1)[0][0]
    stack = np.stack([luminance(toned(picture, 0, 0).astype(np.float32))] * FRAMES)
    keys = {0: toned(picture, 20, 0), FRAMES - 1: toned(picture, -20, 0)}
    found = colorize_stack(looking, stack, limits=(0, 1), dtype=FLOAT, keys=keys).compute()
    redness = [float(np.median(chroma(frame)[8:-8, 8:-8, 0])) for frame in found]
    assert redness == sorted(redness, reverse=True)
    assert redness[0] > 15
    assert redness[-1] < -15
    assert abs(redness[FRAMES // 2]) < 3


def test_slices_have_the_same_bytes_alone_and_in_windows(film, looking):
    keys = {2: film[0][2], 9: film[0][9]}
    lazy = colored(looking, film, keys)
    whole = lazy.compute()
    for number in (10, 1, 4):
        np.testing.assert_array_equal(lazy[number].compute(), whole[number])
    stored = StoredStack(
        film[1].shape, FLOAT, (1, *film[1].shape[1:]), lambda window: da.from_array(film[1][window])
    )
    prepared = prepare_keys(keys, looking, film[1].shape)
    walked = ColoredStack(looking, stored, (0, 1), FLOAT, prepared)
    np.testing.assert_array_equal(walked.part((slice(8, 11),)).compute(), whole[8:11])


def test_sources_and_keys_survive_pickling_and_a_source_that_is_a_key_counts_once(film):
    colorizer = looking_colorizer(film[0][0])
    keys = prepare_keys({0: film[0][0], 5: film[0][5]}, colorizer, film[1].shape)
    looking = Looking(colorizer, keys)
    assert len(looking.matcher.sources) == 2
    assert looking.shares(0) == pytest.approx([1, 0], abs=0.01)
    assert looking.shares(2) == pytest.approx([0.6, 0.4])
    there = pickle.loads(pickle.dumps(looking))
    assert [key.slice for key in there.keys] == [0, 5]
    np.testing.assert_array_equal(there.matcher.sources[1], looking.matcher.sources[1])


def test_each_slice_uses_the_nearest_key_on_each_side(film, looking):
    keys = prepare_keys({n: film[0][n] for n in (2, 5, 9)}, looking, film[1].shape)
    seen = {n: [key.slice for key in beside(keys, n)] for n in (0, 2, 4, 5, 8, 10)}
    assert seen == {0: [2], 2: [2, 5], 4: [2, 5], 5: [5, 9], 8: [5, 9], 10: [9]}


def test_record_contains_the_slice_and_the_checksum(film, looking):
    keys = {3: Source(film[0][3], "three.png")}
    [key] = prepare_keys(keys, looking, film[1].shape)
    assert (key.record.slice, key.record.name, len(key.record.sha256)) == (3, "three.png", 64)


def test_source_as_a_key_is_scaled_by_its_limits(film, looking):
    frame = film[0][0]
    wide = Source(np.rint(frame * 4000).astype(np.uint16), "wide", (0, 4000))
    found, plain = (prepare_keys({0: key}, looking, film[1].shape)[0] for key in (wide, frame))
    np.testing.assert_allclose(found.image, plain.image, atol=1e-3)
    assert found.record.limits == (0, 4000)
    assert dask.base.tokenize(found) != dask.base.tokenize(replace(found, record=plain.record))


@pytest.mark.parametrize("limits", [[0, 4000], np.array([0, 4000]), (np.uint16(0), np.int64(4000))])
def test_numbers_of_any_library_are_taken(film, looking, limits):
    key = Source(film[0][2] * 4000, "wide", limits)
    [found] = prepare_keys({np.int64(2): key}, looking, film[1].shape)
    assert (found.record.slice, found.record.limits) == (2, (0, 4000))
    assert type(found.slice) is int


def test_transparent_parts_of_a_key_lend_no_color_and_are_not_compared(film, looking):
    half = np.dstack([film[0][0], np.ones(film[0][0].shape[:2], np.float32)])
    half[:, :50] = (1, 0, 0, 0)
    found = colored(looking, film, {0: half})[0].compute()
    error = np.linalg.norm(chroma(found) - chroma(film[0][0]), axis=-1)
    assert np.median(error[8:-8, 58:-8]) < 1
    hidden = chroma(np.float32([[[1, 0, 0]]]))[0, 0]
    assert np.linalg.norm(chroma(found)[:, :50] - hidden, axis=-1).min() > 20


def test_slice_of_a_key_is_read_outside_the_callbacks_of_others(film, looking):
    def start(graph):
        raise KeyError("a cache")

    with Callback(start=start):
        lazy = da.from_array(film[1], chunks=(1, *film[1].shape[1:]))
        colorize_stack(looking, lazy, limits=(0, 1), keys={0: film[0][0]})


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({11: "frame"}, "no slice 11.*0 to 10"),
        ({-1: "frame"}, "no slice -1"),
        ({"0": "frame"}, "'0' is not the number of a slice"),
        ({0.5: "frame"}, "0.5 is not the number of a slice"),
        ({0: "small"}, "78 x 64 px, and the slices 80 x 64"),
        ({0: "other"}, "does not look like slice 0"),
        ({0: "grey"}, "The key 'key 0' has no colour"),
    ],
)
def test_invalid_key_gives_a_clear_error(film, looking, keys, words):
    images = {
        "frame": film[0][0],
        "small": film[0][0][:, :78],
        "other": tiny_film(1, seed=5)[0][0],
        "grey": np.repeat(film[1][0][..., None], 3, axis=-1),
    }
    with pytest.raises(BadPairError, match=words):
        colored(looking, film, {number: images[name] for number, name in keys.items()})


def test_keys_for_a_single_image_or_more_axes_give_a_clear_error(film, looking):
    for stack in (film[1][0], film[1][None]):
        with pytest.raises(BadPairError, match="one axis besides height and width"):
            colorize_stack(looking, stack, limits=(0, 1), keys={0: film[0][0]})


def test_colorizer_that_does_not_search_its_source_takes_no_keys(film, colorizer):
    with pytest.raises(BadPairError, match="does not search its source"):
        colorize_stack(colorizer, film[1], limits=(0, 1), keys={0: film[0][0]})
