"""Preparing images: dtypes, limits, sizes, notes. Refused images are in test_bad_input."""

import numpy as np
import pytest
from skimage.color import gray2rgb

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target
from napari_oneshot_color.pixels.color import luminance


@pytest.fixture(scope="module")
def unit():
    """Values from 0 to 1 in 48 x 64 px, float64."""
    return np.linspace(0, 1, 48 * 64).reshape(48, 64)


@pytest.fixture(scope="module")
def color(unit):
    return np.stack([unit, unit[::-1], unit[:, ::-1]], axis=-1)


@pytest.mark.parametrize(
    "limits", [(1, 1), (60, 20), (float("nan"), 1), (0, float("inf")), (float("-inf"), 1)]
)
def test_empty_and_infinite_limits_are_refused(unit, tiny, limits):
    with pytest.raises(BadPairError, match="'scan' "):
        prepare_target(unit, tiny(), limits=limits, name="scan")


def test_alpha_is_dropped_and_reported(color, tiny):
    alpha = np.random.default_rng(0).random((48, 64, 1))
    prepared = prepare_source(np.concatenate([color, alpha], axis=2), tiny(), name="photo.png")
    np.testing.assert_array_equal(prepared.full, prepare_source(color, tiny()).full)
    assert prepared.notes == ("The alpha channel of 'photo.png' was dropped.",)


def test_target_with_equal_channels_is_read_as_grey_and_reported(unit, tiny):
    prepared = prepare_target(gray2rgb(unit), tiny(), name="scan.png")
    np.testing.assert_array_equal(prepared.full, prepare_target(unit, tiny()).full)
    assert prepared.notes == ("'scan.png' has three equal channels and was read as grey.",)


def test_dropped_alpha_and_equal_channels_of_a_target_are_reported(unit, tiny):
    image = np.dstack([gray2rgb(unit), np.ones_like(unit)])
    prepared = prepare_target(image, tiny(), name="scan.png")
    np.testing.assert_array_equal(prepared.full, prepare_target(unit, tiny()).full)
    assert prepared.notes == (
        "The alpha channel of 'scan.png' was ignored.",
        "'scan.png' has three equal channels and was read as grey.",
    )


def test_luminance_of_a_color_target_is_used_on_request_and_reported(color, tiny):
    prepared = prepare_target(color, tiny(target_luminance=True), name="scan.png")
    np.testing.assert_array_equal(prepared.full, luminance(color.astype(np.float32)))
    assert prepared.notes == ("'scan.png' is in colour: its luminance was used.",)


def test_both_images_are_shrunk_to_the_working_size_and_kept_at_full_size(color, unit, tiny):
    settings = tiny(working_size=32)
    source, target = prepare_source(color, settings), prepare_target(unit, settings)
    assert source.full.shape == (48, 64, 3)
    assert source.working.shape == (32, 43, 3)
    assert target.full.shape == (48, 64)
    assert target.working.shape == (32, 43)
    assert target.working.mean() == pytest.approx(0.5, abs=0.01)


def test_smaller_images_are_not_enlarged(color, unit, tiny):
    settings = tiny(working_size=256)
    assert prepare_source(color, settings).working.shape == (48, 64, 3)
    assert prepare_target(unit, settings).working.shape == (48, 64)


def test_names_and_notes_are_kept(color, unit, tiny):
    source = prepare_source(np.dstack([color, unit]), tiny(), name="left")
    target = prepare_target(gray2rgb(unit), tiny(), name="right")
    assert (source.name, target.name) == ("left", "right")
    assert len(source.notes) == len(target.notes) == 1


def test_inputs_may_be_read_only_and_are_not_touched(color, unit, tiny):
    for prepare, image in ((prepare_source, color), (prepare_target, unit)):
        locked = image.astype(np.float32)
        before = locked.tobytes()
        locked.setflags(write=False)
        prepared = prepare(locked, tiny())
        assert locked.tobytes() == before
        assert not np.shares_memory(prepared.full, locked)
        assert not np.shares_memory(prepared.working, locked)


def test_inputs_need_not_be_contiguous(color, unit, tiny):
    for prepare, image in ((prepare_source, color), (prepare_target, unit)):
        view = image.astype(np.float32)[::-1, ::-1]
        np.testing.assert_array_equal(
            prepare(view, tiny()).full, prepare(np.ascontiguousarray(view), tiny()).full
        )


def test_checksum_is_of_the_image_as_it_came(unit, tiny):
    image = gray2rgb(np.rint(unit * 255).astype(np.uint8))
    assert prepare_target(image, tiny()).checksum == checksum(image)
