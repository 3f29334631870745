"""How images come in: dtypes, limits, sizes, notes. What is refused stands in test_bad_input."""

import hashlib

import numpy as np
import pytest
from skimage.color import gray2rgb

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pair.prepare import Pair, prepare_source, prepare_target
from napari_oneshot_color.pixels.color import luminance


@pytest.fixture(scope="module")
def unit():
    """Values from 0 to 1 in 48 x 64 px, float64."""
    return np.linspace(0, 1, 48 * 64).reshape(48, 64)


@pytest.fixture(scope="module")
def colour(unit):
    return np.stack([unit, unit[::-1], unit[:, ::-1]], axis=-1)


AS_THEY_ARE = {
    "uint8": lambda unit: np.rint(unit * 255).astype(np.uint8),
    "uint16": lambda unit: np.rint(unit * 65535).astype(np.uint16),
    "big-endian uint16": lambda unit: np.rint(unit * 65535).astype(">u2"),
    "float16": lambda unit: unit.astype(np.float16),
    "float32": lambda unit: unit.astype(np.float32),
    "float64": lambda unit: unit,
}
OWN_RANGE = {
    "int8": lambda unit: np.rint(unit * 255 - 128).astype(np.int8),
    "int16": lambda unit: np.rint(unit * 65535 - 32768).astype(np.int16),
    "int32": lambda unit: np.rint(unit * 1e6).astype(np.int32),
    "uint32": lambda unit: np.rint(unit * 1e6).astype(np.uint32),
    "float32 above 1": lambda unit: (unit * 4095).astype(np.float32),
    "float64 below 0": lambda unit: unit * 2 - 1,
}


@pytest.mark.parametrize("convert", AS_THEY_ARE.values(), ids=AS_THEY_ARE)
def test_short_unsigned_integers_scale_by_their_dtype_and_unit_floats_are_taken_as_they_are(
    unit, tiny, convert
):
    image = convert(unit / 2)  # its own maximum is not white
    prepared = prepare_target(image, tiny())
    assert prepared.full.dtype == np.float32
    np.testing.assert_allclose(prepared.full, unit / 2, atol=0.003)
    assert prepared.notes == ()


@pytest.mark.parametrize("convert", OWN_RANGE.values(), ids=OWN_RANGE)
def test_other_integers_and_floats_scale_by_their_own_range_and_that_is_said(unit, tiny, convert):
    image = convert(unit)
    prepared = prepare_target(image, tiny(), name="scan.tif")
    np.testing.assert_allclose(prepared.full, unit, atol=0.003)
    assert prepared.notes == (
        f"'scan.tif' was scaled from its own range, {float(image.min()):g} to "
        f"{float(image.max()):g}.",
    )


def test_bool_is_black_and_white(unit, colour, tiny):
    prepared = prepare_target(unit > 0.4, tiny())
    np.testing.assert_array_equal(prepared.full, (unit > 0.4).astype(np.float32))
    source = prepare_source(colour > 0.4, tiny())
    np.testing.assert_array_equal(source.full, (colour > 0.4).astype(np.float32))


def test_source_of_signed_bytes_that_spans_their_whole_range_is_taken(unit, tiny):
    red = np.rint(unit * 255 - 128).astype(np.int8)  # 127 - -128 does not fit into a byte
    image = np.stack([red, np.full_like(red, 5), np.full_like(red, 9)], axis=-1)
    np.testing.assert_allclose(prepare_source(image, tiny()).full[..., 0], unit, atol=0.003)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64], ids=lambda d: d.__name__
)
def test_limits_become_black_and_white(unit, tiny, dtype):
    image = (unit * 100).astype(dtype)
    prepared = prepare_target(image, tiny(), limits=(20, 60))
    wanted = np.clip((image.astype(float) - 20) / 40, 0, 1)
    np.testing.assert_allclose(prepared.full, wanted, atol=1e-5)
    assert prepared.notes == ()


def test_limits_of_a_source_hold_for_all_its_channels(colour, tiny):
    prepared = prepare_source(colour * 100, tiny(), limits=(-100, 100))
    np.testing.assert_allclose(prepared.full, (colour + 1) / 2, atol=1e-5)


@pytest.mark.parametrize(
    "limits", [(1, 1), (60, 20), (float("nan"), 1), (0, float("inf")), (float("-inf"), 1)]
)
def test_limits_that_span_nothing_or_everything_are_refused(unit, tiny, limits):
    with pytest.raises(BadPairError, match="'scan' "):
        prepare_target(unit, tiny(), limits=limits, name="scan")


def test_image_that_its_limits_make_constant_is_refused(unit, tiny):
    with pytest.raises(BadPairError, match=r"'scan' is constant between its limits, 2 and 3\."):
        prepare_target(unit, tiny(), limits=(2, 3), name="scan")


def test_alpha_is_dropped_and_said(colour, tiny):
    alpha = np.random.default_rng(0).random((48, 64, 1))
    prepared = prepare_source(np.concatenate([colour, alpha], axis=2), tiny(), name="photo.png")
    np.testing.assert_array_equal(prepared.full, prepare_source(colour, tiny()).full)
    assert prepared.notes == ("The alpha channel of 'photo.png' was dropped.",)


def test_target_with_equal_channels_is_read_as_grey_and_said(unit, tiny):
    prepared = prepare_target(gray2rgb(unit), tiny(), name="scan.png")
    np.testing.assert_array_equal(prepared.full, prepare_target(unit, tiny()).full)
    assert prepared.notes == ("'scan.png' has three equal channels and was read as grayscale.",)


def test_alpha_of_a_grey_target_is_dropped_and_both_are_said(unit, tiny):
    image = np.dstack([gray2rgb(unit), np.ones_like(unit)])
    prepared = prepare_target(image, tiny(), name="scan.png")
    np.testing.assert_array_equal(prepared.full, prepare_target(unit, tiny()).full)
    assert prepared.notes == (
        "The alpha channel of 'scan.png' was left out of the method.",
        "'scan.png' has three equal channels and was read as grayscale.",
    )


def test_luminance_of_a_colour_target_is_used_if_asked_for_and_said(colour, tiny):
    prepared = prepare_target(colour, tiny(target_luminance=True), name="scan.png")
    np.testing.assert_array_equal(prepared.full, luminance(colour.astype(np.float32)))
    assert prepared.notes == ("'scan.png' is in colour: its luminance was used.",)


def test_both_images_are_shrunk_to_the_working_size_and_kept_at_full_size(colour, unit, tiny):
    settings = tiny(working_size=32)
    source, target = prepare_source(colour, settings), prepare_target(unit, settings)
    assert source.full.shape == (48, 64, 3)
    assert source.working.shape == (32, 43, 3)
    assert target.full.shape == (48, 64)
    assert target.working.shape == (32, 43)
    assert target.working.mean() == pytest.approx(0.5, abs=0.01)


def test_smaller_images_are_not_enlarged(colour, unit, tiny):
    settings = tiny(working_size=256)
    assert prepare_source(colour, settings).working.shape == (48, 64, 3)
    assert prepare_target(unit, settings).working.shape == (48, 64)


def test_names_and_notes_are_kept(colour, unit, tiny):
    source = prepare_source(np.dstack([colour, unit]), tiny(), name="left")
    target = prepare_target(gray2rgb(unit), tiny(), name="right")
    pair = Pair((source,), target)
    assert (pair.sources[0].name, pair.target.name) == ("left", "right")
    assert len(source.notes) == len(target.notes) == 1


def test_inputs_may_be_read_only_and_are_not_touched(colour, unit, tiny):
    for prepare, image in ((prepare_source, colour), (prepare_target, unit)):
        locked = image.astype(np.float32)
        before = locked.tobytes()
        locked.setflags(write=False)
        prepared = prepare(locked, tiny())
        assert locked.tobytes() == before
        assert not np.shares_memory(prepared.full, locked)
        assert not np.shares_memory(prepared.working, locked)


def test_inputs_need_not_be_contiguous(colour, unit, tiny):
    for prepare, image in ((prepare_source, colour), (prepare_target, unit)):
        view = image.astype(np.float32)[::-1, ::-1]
        np.testing.assert_array_equal(
            prepare(view, tiny()).full, prepare(np.ascontiguousarray(view), tiny()).full
        )


def test_checksum_is_sha256_of_shape_dtype_and_pixels():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    wanted = hashlib.sha256(b"(3, 4) |u1 " + bytes(range(12))).hexdigest()
    assert checksum(image) == wanted
    assert checksum(np.asfortranarray(image)) == wanted


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_checksum_does_not_depend_on_the_order_of_bytes(dtype):
    image = np.arange(12).reshape(3, 4)
    assert checksum(image.astype(f">{dtype}")) == checksum(image.astype(f"<{dtype}"))


@pytest.mark.parametrize(
    "other",
    [
        np.arange(12, dtype=np.uint8).reshape(4, 3),
        np.arange(12, dtype=np.uint16).reshape(3, 4),
        np.arange(1, 13, dtype=np.uint8).reshape(3, 4),
    ],
    ids=["shape", "dtype", "pixels"],
)
def test_checksum_differs_with_every_part(other):
    assert checksum(other) != checksum(np.arange(12, dtype=np.uint8).reshape(3, 4))


def test_checksum_is_of_the_image_as_it_came(unit, tiny):
    image = gray2rgb(np.rint(unit * 255).astype(np.uint8))
    assert prepare_target(image, tiny()).checksum == checksum(image)
