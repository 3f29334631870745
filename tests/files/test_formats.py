"""Images in and out without loss, and files written whole or not at all."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import as_dtype, as_float, encode_image


@pytest.fixture(scope="module")
def grey():
    return np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)


@pytest.fixture(scope="module")
def color():
    return np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def written(path, image):
    path.write_bytes(encode_image(image, path.suffix))
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["grey", "color"])
def test_image_survives_writing_and_reading(tmp_path, request, suffix, dtype, kind):
    image = request.getfixturevalue(kind).astype(dtype) * (257 if dtype is np.uint16 else 1)
    back = read_image(written(tmp_path / f"image{suffix}", image))
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_tiff_also_keeps_floats_and_labels(tmp_path, grey, dtype):
    image = grey.astype(dtype) - 100
    back = read_image(written(tmp_path / "image.tif", image))
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg"])
def test_jpeg_survives_writing_and_reading_approximately(tmp_path, suffix):
    y, x = np.mgrid[0:40, 0:50]
    image = np.stack([4 * x, 4 * y, 2 * x + 2 * y], axis=-1).astype(np.uint8)
    back = read_image(written(tmp_path / f"image{suffix}", image))
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - image).mean() < 3


def test_suffix_may_be_in_capitals(tmp_path, color):
    path = tmp_path / "IMAGE.PNG"
    path.write_bytes(encode_image(color, ".png"))
    np.testing.assert_array_equal(read_image(path), color)


def test_alpha_of_a_color_image_is_read_with_it(tmp_path, color, grey):
    rgba = np.dstack([color, grey])
    path = tmp_path / "image.png"
    path.write_bytes(imagecodecs.png_encode(rgba))
    np.testing.assert_array_equal(read_image(path), rgba)


def test_planar_colors_of_a_tiff_are_combined(tmp_path, color):
    path = tmp_path / "image.tif"
    planes = np.moveaxis(color, -1, 0)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_image(path), color)


def test_pages_of_a_tiff_are_read_as_a_stack(tmp_path, grey):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, np.stack([grey] * 4), photometric="minisblack")
    assert read_image(path).shape == (4, 20, 30)


def test_big_endian_tiff_is_read(tmp_path, grey):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, grey.astype(">u2"), byteorder=">", photometric="minisblack")
    np.testing.assert_array_equal(read_image(path), grey)


def test_tiff_with_white_as_zero_is_read_as_displayed(tmp_path, grey):
    path = tmp_path / "fax.tif"
    tifffile.imwrite(path, 255 - grey, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(path), grey)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_palette_is_read_as_its_colors(tmp_path, suffix):
    few = np.full((20, 30, 3), (10, 220, 40), np.uint8)
    few[:, :15] = 200, 30, 90
    path = tmp_path / f"few{suffix}"
    Image.fromarray(few).quantize(2).save(path)
    np.testing.assert_array_equal(read_image(path), few)


def test_floats_in_0_to_1_map_to_the_full_range_of_integers():
    image = np.array([0, 0.25, 0.5, 1], np.float32)
    # 0.25 * 255 = 63.75 and 0.5 * 255 = 127.5, to the even neighbour
    assert as_dtype(image, np.dtype(np.uint8)).tolist() == [0, 64, 128, 255]
    # 0.25 * 65535 = 16383.75 and 0.5 * 65535 = 32767.5
    assert as_dtype(image, np.dtype(np.uint16)).tolist() == [0, 16384, 32768, 65535]


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (">u2", np.uint16),
        (np.bool_, np.uint8),
        (np.int8, np.uint8),
        (np.int16, np.uint16),
        (np.uint32, np.uint16),
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float32),
    ],
)
def test_dtypes_that_color_files_cannot_hold_become_the_nearest_possible(dtype, kept):
    image = np.array([0, 0.3, 1], np.float32)
    converted = as_dtype(image, np.dtype(dtype))
    assert converted.dtype == kept
    assert converted.max() == (1 if kept is np.float32 else np.iinfo(kept).max)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_as_float_is_the_inverse_of_as_dtype(dtype):
    image = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    unit = as_float(image)
    assert unit.dtype == np.float32
    assert (unit[0], unit[-1]) == (0, 1)
    np.testing.assert_array_equal(as_dtype(unit, np.dtype(dtype)), image)


def test_encoded_png_and_tiff_have_the_format_of_their_name(color):
    assert Image.open(io.BytesIO(encode_image(color, ".png"))).format == "PNG"
    assert Image.open(io.BytesIO(encode_image(color, ".jpg"))).format == "JPEG"
    with tifffile.TiffFile(io.BytesIO(encode_image(color, ".tif"))) as file:
        assert file.pages[0].photometric.name == "RGB"


def test_views_can_be_encoded(color):
    view = color[::-1, ::2]
    np.testing.assert_array_equal(imagecodecs.png_decode(encode_image(view, ".png")), view)
