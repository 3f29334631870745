"""Which values become black and white."""

import numpy as np
import pytest

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target


@pytest.fixture(scope="module")
def unit():
    """Values from 0 to 1 in 48 x 64 px, float64."""
    return np.linspace(0, 1, 48 * 64).reshape(48, 64)


@pytest.fixture(scope="module")
def color(unit):
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
def test_short_unsigned_integers_scale_by_their_dtype_and_unit_floats_are_used_unchanged(
    unit, tiny, convert
):
    image = convert(unit / 2)  # its own maximum is not white
    prepared = prepare_target(image, tiny())
    assert prepared.full.dtype == np.float32
    np.testing.assert_allclose(prepared.full, unit / 2, atol=0.003)
    assert prepared.notes == ()


@pytest.mark.parametrize("convert", OWN_RANGE.values(), ids=OWN_RANGE)
def test_other_integers_and_floats_scale_by_their_own_range_and_this_is_reported(
    unit, tiny, convert
):
    image = convert(unit)
    prepared = prepare_target(image, tiny(), name="scan.tif")
    np.testing.assert_allclose(prepared.full, unit, atol=0.003)
    assert prepared.notes == (
        f"'scan.tif' was scaled from its own range, {float(image.min()):g} to "
        f"{float(image.max()):g}.",
    )


def test_bool_is_black_and_white(unit, color, tiny):
    prepared = prepare_target(unit > 0.4, tiny())
    np.testing.assert_array_equal(prepared.full, (unit > 0.4).astype(np.float32))
    source = prepare_source(color > 0.4, tiny())
    np.testing.assert_array_equal(source.full, (color > 0.4).astype(np.float32))


def test_source_of_signed_bytes_over_their_whole_range_is_accepted(unit, tiny):
    red = np.rint(unit * 255 - 128).astype(np.int8)  # 127 - -128 does not fit into a byte
    image = np.stack([red, np.full_like(red, 5), np.full_like(red, 9)], axis=-1)
    np.testing.assert_allclose(prepare_source(image, tiny()).full[..., 0], unit, atol=0.003)


@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64], ids=lambda d: d.__name__
)
def test_limits_map_to_black_and_white(unit, tiny, dtype):
    image = (unit * 100).astype(dtype)
    prepared = prepare_target(image, tiny(), limits=(20, 60))
    wanted = np.clip((image.astype(float) - 20) / 40, 0, 1)
    np.testing.assert_allclose(prepared.full, wanted, atol=1e-5)
    assert prepared.notes == ()


def test_limits_of_a_source_apply_to_all_its_channels(color, tiny):
    prepared = prepare_source(color * 100, tiny(), limits=(-100, 100))
    np.testing.assert_allclose(prepared.full, (color + 1) / 2, atol=1e-5)


def test_image_that_its_limits_make_constant_is_refused(unit, tiny):
    with pytest.raises(BadPairError, match=r"'scan' is constant between its limits, 2 and 3\. "):
        prepare_target(unit, tiny(), limits=(2, 3), name="scan")
