"""Every kind of file is decoded as it should look, or gives an error; checked at single pixels."""

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from byte_files import cmyk_profile, exif, packed, page_tags, png, tiff
from PIL import Image, ImageCms

from napari_oneshot_color import read_image
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.decoding import READABLE, decode

RED, GREEN, BLUE = (200, 60, 30), (20, 180, 90), (40, 70, 220)


@pytest.fixture
def file(tmp_path):
    """Write bytes, or the output of a function, to a file."""

    def write(name, content):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)
        return path

    return write


@pytest.fixture(scope="module")
def flag():
    """Red at the top left, green at the top right, blue below: shows its orientation."""
    image = np.zeros((24, 32, 3), np.uint8)
    image[:12, :16], image[:12, 16:], image[12:] = RED, GREEN, BLUE
    return image


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def near(pixel, color, far=2):
    return np.abs(np.asarray(pixel, int) - color).max() <= far


# --- 1: colour models ------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["none", "zlib", "lzw"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_tiff_of_printing_inks_is_converted_as_printed(file, depth, compression):
    inks = np.zeros((4, 5, 4), np.float64)
    inks[:2], inks[2:] = (0, 0.7, 0.85, 0.2), (0, 0, 0, 0.5)
    high = np.iinfo(depth).max
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, np.rint(inks * high).astype(depth), photometric="separated",
        compression=None if compression == "none" else compression,
    ))  # fmt: skip
    image = read_image(path)
    assert (image.shape, image.dtype) == ((4, 5, 3), depth)
    # (1 - ink) (1 - black)
    assert near(image[0, 0] / high * 255, (204, 61, 31), 1)
    assert near(image[3, 0] / high * 255, (128, 128, 128), 1)
    picture = Image.open(path) if depth is np.uint8 else None
    if picture is not None:
        assert near(image[0, 0], np.asarray(picture.convert("RGB"))[0, 0], 1)


def test_inks_with_alpha_keep_it(file):
    inks = np.zeros((4, 5, 5), np.uint8)
    inks[..., 0], inks[..., 4], inks[0, 0, 4] = 255, 200, 0
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, inks, photometric="separated", extrasamples=["unassalpha"], planarconfig="contig"
    ))  # fmt: skip
    image = read_image(path)
    assert image[1, 1].tolist() == [0, 255, 255, 200]
    assert image[0, 0, 3] == 0


def test_planar_inks_of_a_tiff_are_combined(file):
    inks = np.zeros((4, 5, 4), np.uint8)
    inks[..., 1] = 255
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, np.moveaxis(inks, -1, 0), photometric="separated", planarconfig="separate"
    ))  # fmt: skip
    assert read_image(path)[2, 2].tolist() == [255, 0, 255]


def test_black_ink_alone_is_grey_and_not_a_negative(file):
    ink = np.tile(np.uint8([0, 64, 255]), (3, 1))
    path = file("a.tif", tiff(page_tags(3, 3, 8, 5), ink.tobytes()))
    assert read_image(path).tolist() == [[255, 191, 0]] * 3


def test_special_inks_are_refused_by_name(file):
    strip = bytes(4 * 4 * 4)
    path = file("a.tif", tiff(page_tags(4, 4, [8] * 4, 5, t332=(3, [2])), strip))
    with pytest.raises(BadFileError, match="special printing inks"):
        read_image(path)


@pytest.mark.parametrize("has_profile", [False, True])
def test_jpeg_of_printing_inks_is_read_as_pillow_shows_it(file, flag, has_profile):
    picture = Image.fromarray(flag).convert("CMYK")
    options = {"icc_profile": cmyk_profile()} if has_profile else {}
    path = file("print.jpg", saved(picture, format="JPEG", quality=100, **options))
    decoded = decode(path)
    if has_profile:
        shown = ImageCms.profileToProfile(
            Image.open(path), io.BytesIO(cmyk_profile()), ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )  # fmt: skip
        assert near(decoded.pixels[20, 5], np.asarray(shown)[20, 5], 2)
        assert not near(decoded.pixels[20, 5], BLUE, 20)
    else:
        assert near(decoded.pixels[20, 5], BLUE, 4)
        assert near(decoded.pixels[2, 2], RED, 4)
    assert any("CMYK" in note for note in decoded.about.notes)


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 2), (2, 1)])
@pytest.mark.parametrize("compression", [1, 8])
def test_ycbcr_becomes_rgb(file, subsampling, compression):
    import zlib

    y, cb, cr = 98, 89, 200  # red, by ITU-R BT.601
    across, down = subsampling
    block = bytes([y] * (across * down) + [cb, cr])
    strip = block * (16 // across * 16 // down)
    tags = page_tags(16, 16, [8] * 3, 6, t530=(3, list(subsampling)))
    tags[259] = (3, [compression])
    if compression == 8:
        strip = zlib.compress(strip)
    image = read_image(file("a.tif", tiff(tags, strip)))
    assert image.shape == (16, 16, 3)
    assert near(image[3, 7], (199, 60, 29))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_image_that_only_libtiff_decodes_is_turned_once(file, orientation):
    lumas = np.full((16, 32), 60, np.uint8)
    lumas[:4, :8] = 200  # above left
    stored = np.ascontiguousarray(np.rot90(lumas, {1: 0, 3: 2, 6: 1, 8: 3}[orientation]))
    height, width = stored.shape
    blocks = stored.reshape(height // 2, 2, width // 2, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
    strip = np.hstack([blocks, np.full((len(blocks), 2), 128, np.uint8)]).tobytes()
    tags = page_tags(width, height, [8] * 3, 6, t530=(3, [2, 2]), t274=(3, [orientation]))
    image = read_image(file("a.tif", tiff(tags, strip)))
    assert image.shape == (16, 32, 3)
    assert near(image[1, 1], (200, 200, 200))
    assert near(image[12, 20], (60, 60, 60))


def test_lab_in_jpeg_in_tiff_is_lab(file, flag):
    from_rgb = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(Image.fromarray(flag), *from_rgb, outputMode="LAB")
    path = file("a.tif", saved(lab, format="TIFF", compression="jpeg", quality=98))
    assert near(read_image(path)[3, 3], RED, 9)
    assert near(read_image(path)[20, 20], BLUE, 9)


@pytest.mark.parametrize("mode", ["YCbCr", "RGB"])
def test_jpeg_in_tiff_is_not_converted_twice(file, flag, mode):
    picture = Image.fromarray(flag).convert(mode)
    path = file("a.tif", saved(picture, format="TIFF", compression="jpeg", quality=98))
    image = read_image(path)
    assert near(image[3, 3], RED, 5)
    assert near(image[20, 20], BLUE, 5)


@pytest.mark.parametrize(
    ("photometric", "dtype", "samples"),
    [
        (8, np.uint8, [136, 50, 246]),  # L* 53.3; a* 50, b* -10 signed
        (8, np.uint16, [34952, 50 * 256, 65536 - 10 * 256]),
        (9, np.uint8, [136, 178, 118]),  # a*, b* plus 128
        (9, np.uint16, [34816, 178 * 256, 118 * 256]),
    ],
)
def test_lab_is_converted_from_its_own_white(file, photometric, dtype, samples):
    image = np.empty((4, 4, 3), dtype)
    image[:] = samples
    bits = image.itemsize * 8
    path = file("a.tif", tiff(page_tags(4, 4, [bits] * 3, photometric), image.tobytes()))
    found = read_image(path)
    assert found.dtype == dtype
    lab = Image.merge("LAB", [Image.new("L", (1, 1), v) for v in (136, 178, 118)])
    shown = ImageCms.profileToProfile(
        lab, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert near(found[2, 2] / np.iinfo(dtype).max * 255, shown.getpixel((0, 0)), 2)
    image[:] = samples[0], *([0, 0] if photometric == 8 else [samples[0] // 136 * 128] * 2)
    grey = read_image(
        file("b.tif", tiff(page_tags(4, 4, [bits] * 3, photometric), image.tobytes()))
    )
    if photometric == 8:
        assert np.ptp(grey[0, 0] / np.iinfo(dtype).max * 255) <= 1


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_any_size_are_applied(file, bits):
    colors = np.zeros((2**bits, 3), np.uint16)
    colors[0], colors[-1] = np.array(RED) * 257, np.array(BLUE) * 257
    indices = np.zeros((5, 8), int)
    indices[3:] = 2**bits - 1
    tags = page_tags(8, 5, bits, 3, t320=(3, colors.T.ravel().tolist()))
    image = read_image(file("a.tif", tiff(tags, packed(indices, bits))))
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == list(RED)
    assert image[4, 7].tolist() == list(BLUE)


def test_palette_of_16_bits_is_applied(file):
    colors = np.zeros((65536, 3), np.uint16)
    colors[40000] = 1000, 2000, 30001
    indices = np.full((2, 2), 40000, np.uint16)
    tags = page_tags(2, 2, 16, 3, t320=(3, colors.T.ravel().tolist()))
    assert read_image(file("a.tif", tiff(tags, indices.tobytes())))[1, 1].tolist() == [
        1000, 2000, 30001,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("photometric", "words"),
    [(32803, "raw data of a camera"), (34892, "raw data"), (32845, "LogLuv"), (4, "mask"),
     (10, "fax"), (77, r"unknown kind \(77\)")],
)  # fmt: skip
def test_image_kinds_that_cannot_be_displayed_are_refused_by_name(file, photometric, words):
    bits = [16] * 3 if photometric in (34892, 32845) else 8
    path = file("a.tif", tiff(page_tags(4, 4, bits, photometric), bytes(4 * 4 * 6)))
    with pytest.raises(BadFileError, match=words):
        read_image(path)


def test_channels_that_are_not_colors_are_not_rgb(file):
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, np.zeros((8, 9, 3), np.uint8), photometric="minisblack", planarconfig="contig"
    ))  # fmt: skip
    with pytest.raises(BadFileError, match="does not say that they are colours"):
        read_image(path)


def test_extra_channels_are_ignored_and_reported(file, flag):
    more = np.dstack([flag, flag[..., 0], flag[..., 1]])
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, more, photometric="rgb", extrasamples=["unspecified"] * 2
    ))  # fmt: skip
    decoded = decode(path)
    np.testing.assert_array_equal(decoded.pixels, flag)
    assert decoded.about.notes == ("2 of the channels of 'a.tif' are no colours: dropped.",)


# --- 2: bits ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 10, 12, 14, 16])
def test_every_number_of_bits_has_its_own_white(file, bits, photometric, order):
    values = np.zeros((5, 16), np.int64)
    values[:, 8:], values[:, 4:8] = 2**bits - 1, 2**bits // 3
    strip = values.astype(f"{order}u2").tobytes() if bits == 16 else packed(values, bits)
    if bits == 8:
        strip = values.astype(np.uint8).tobytes()
    image = read_image(file("a.tif", tiff(page_tags(16, 5, bits, photometric), strip, order)))
    high = np.iinfo(image.dtype).max
    assert image.dtype == (np.uint8 if bits <= 8 else np.uint16)
    dark, middle, light = image[2, 0], image[2, 5], image[2, 15]
    share = 2**bits // 3 / (2**bits - 1)
    if photometric == 0:
        dark, light, share = light, dark, 1 - share
    assert (dark, light) == (0, high)
    assert middle == pytest.approx(share * high, abs=1)


@pytest.mark.parametrize("predictor", [False, True])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_predictor_tiles_and_byte_order_make_no_difference(file, predictor, tile):
    image = np.arange(30 * 40, dtype=np.uint16).reshape(30, 40) * 50
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, image, photometric="minisblack", compression="zlib", predictor=predictor, tile=tile,
        byteorder=">",
    ))  # fmt: skip
    np.testing.assert_array_equal(read_image(path), image)


def test_jpeg_of_12_bits_is_brought_to_16(file):
    values = np.tile(np.linspace(0, 4095, 64).astype(np.uint16), (64, 1))
    data = imagecodecs.jpeg_encode(values, bitspersample=12, level=100)
    image = read_image(file("a.jpg", bytes(data)))
    assert image.dtype == np.uint16
    assert image[5, 63] > 65000
    assert image[5, 0] < 300
    assert image[5, 32] == pytest.approx(float(values[5, 32]) * 65535 / 4095, abs=300)


def test_lossless_jpeg_is_read_whole(file):
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    image = read_image(file("a.jpg", bytes(imagecodecs.ljpeg_encode(values, bitspersample=16))))
    np.testing.assert_array_equal(image, values)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits_reaches_white(file, bits):
    values = np.full((3, 8), 2**bits - 1)
    values[:, 0] = 0
    rows = [packed(row[None], bits) for row in values]
    image = read_image(file("a.png", png(8, 3, bits, 0, rows)))
    assert (image[0, 0], image[0, 1]) == (0, 255)


def test_half_floats_and_signed_integers_keep_their_values(file):
    for dtype in (np.float16, np.int16, np.int8, np.float64):
        image = (np.arange(20).reshape(4, 5) - 3).astype(dtype)
        path = file("a.tif", lambda path, image=image: tifffile.imwrite(
            path, image, photometric="minisblack"
        ))  # fmt: skip
        np.testing.assert_array_equal(read_image(path), image)


def test_floats_with_white_as_the_smallest_are_refused(file):
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, np.ones((8, 9), np.float32), photometric="miniswhite"
    ))  # fmt: skip
    with pytest.raises(BadFileError, match="smallest value is white"):
        read_image(path)


def test_limits_in_the_values_of_the_file_are_converted_to_its_pixels(file):
    values = np.full((4, 4), 1000)
    decoded = decode(file("a.tif", tiff(page_tags(4, 4, 12, 1), packed(values, 12))))
    low, high = decoded.about.limits((0, 1000), decoded.pixels.dtype)
    assert (low, round(high)) == (0, int(decoded.pixels[0, 0]))
    assert decoded.about.limits(None, decoded.pixels.dtype) is None


# --- 3: orientation --------------------------------------------------------------------------


def standing(flag, orientation):
    """The flag as stored by a camera with this orientation."""
    turns = {
        1: flag, 2: flag[:, ::-1], 3: flag[::-1, ::-1], 4: flag[::-1], 5: flag.swapaxes(0, 1),
        6: np.rot90(flag, 1), 7: np.rot90(flag[::-1, ::-1].swapaxes(0, 1), 0),
        8: np.rot90(flag, -1),
    }  # fmt: skip
    return np.ascontiguousarray(turns[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "PNG16"])
def test_images_are_turned_upright(file, flag, kind, orientation):
    stored = standing(flag, orientation)
    if kind == "TIFF":
        path = file("a.tif", lambda path: tifffile.imwrite(
            path, stored, photometric="rgb", extratags=[(274, 3, 1, orientation, True)]
        ))  # fmt: skip
    elif kind == "PNG16":
        rows = [row.astype(">u2").tobytes() for row in stored.astype(np.uint16) * 257]
        chunks = [(b"eXIf", exif(orientation)[6:])]
        path = file("a.png", png(stored.shape[1], stored.shape[0], 16, 2, rows, chunks))
    else:
        options = {"lossless": True} if kind == "WEBP" else {"quality": 97}
        data = saved(Image.fromarray(stored), format=kind, exif=exif(orientation), **options)
        path = file(f"a.{kind.lower()}", data)
    image = read_image(path)
    if kind == "PNG16":
        image = image // 257
    assert image.shape == (24, 32, 3)
    for place, color in (((3, 3), RED), ((3, 28), GREEN), ((20, 3), BLUE)):
        assert near(image[place], color, 9), place


def test_an_orientation_above_8_is_ignored(file, flag):
    path = file("a.jpg", saved(Image.fromarray(flag), format="JPEG", exif=exif(9), quality=97))
    assert near(read_image(path)[3, 3], RED, 4)


# --- 4: profiles -----------------------------------------------------------------------------

ADOBE = imagecodecs.cms_profile("adobergb")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def p3():
    """Display P3, as in phones: the primaries of cinema with sRGB's tone curve."""
    curve = np.linspace(0, 1, 1024)
    curve = np.where(curve > 0.04045, ((curve + 0.055) / 1.055) ** 2.4, curve / 12.92)
    return imagecodecs.cms_profile(
        "rgb", whitepoint=[0.3127, 0.3290, 1.0],
        primaries=[0.680, 0.320, 1.0, 0.265, 0.690, 1.0, 0.150, 0.060, 1.0],
        transferfunction=(curve * 65535).astype(np.uint16),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_colors_of_another_profile_become_srgb(file, flag, kind):
    data = saved(Image.fromarray(flag), format=kind, icc_profile=ADOBE, quality=98)
    path = file(f"a.{kind.lower()}", data)
    decoded = decode(path)
    shown = ImageCms.profileToProfile(
        Image.fromarray(flag), io.BytesIO(ADOBE), ImageCms.createProfile("sRGB")
    )
    assert near(decoded.pixels[3, 3], shown.getpixel((3, 3)), 4)
    assert not near(decoded.pixels[3, 3], RED, 9)
    assert decoded.about.notes == (
        f"The colours of '{path.name}' were converted to sRGB by its colour profile.",
    )


def test_colors_of_16_bits_are_converted(file, flag):
    rows = [row.astype(">u2").tobytes() for row in flag.astype(np.uint16) * 257]
    import zlib

    chunk = (b"iCCP", b"x\0\0" + zlib.compress(ADOBE))
    image = read_image(file("a.png", png(32, 24, 16, 2, rows, [chunk])))
    eight = read_image(file("b.png", saved(Image.fromarray(flag), format="PNG", icc_profile=ADOBE)))
    assert image.dtype == np.uint16
    assert near(image[3, 3] / 257, eight[3, 3], 1)


def test_srgb_by_any_name_changes_nothing(file, flag):
    path = file("a.png", saved(Image.fromarray(flag), format="PNG", icc_profile=SRGB))
    decoded = decode(path)
    np.testing.assert_array_equal(decoded.pixels, flag)
    assert decoded.about.notes == ()
    assert decoded.about.profile == SRGB


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_grey_with_another_tone_curve_becomes_srgb(file, gamma, depth):
    profile = imagecodecs.cms_profile("gray", gamma=gamma)
    high = 1 if depth is np.float32 else np.iinfo(depth).max
    grey = np.tile((np.array([0, 0.25, 0.5, 1]) * high).astype(depth), (4, 1))
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, grey, photometric="minisblack", iccprofile=profile
    ))  # fmt: skip
    image = read_image(path)
    assert image.dtype == depth
    linear = (grey[0].astype(float) / high) ** gamma
    expected = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    np.testing.assert_allclose(image[2] / high, expected, atol=1.5 / 255)


def test_grey_with_a_color_profile_stays_grey(file):
    grey = np.tile(np.uint8([0, 100, 200, 255]), (4, 1))
    for profile, same in ((SRGB, True), (ADOBE, False)):
        path = file("a.png", saved(Image.fromarray(grey), format="PNG", icc_profile=profile))
        image = read_image(path)
        assert image.shape == (4, 4)
        assert np.array_equal(image, grey) is same


@pytest.mark.parametrize("profile", [b"no profile at all", ADOBE[:300]], ids=["text", "cut off"])
def test_a_broken_profile_is_ignored_and_reported(file, flag, profile):
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, flag, photometric="rgb", iccprofile=profile
    ))  # fmt: skip
    decoded = decode(path)
    np.testing.assert_array_equal(decoded.pixels, flag)
    assert "ignored" in decoded.about.notes[0]


def test_display_p3_becomes_srgb(file, flag):
    path = file("a.png", saved(Image.fromarray(flag), format="PNG", icc_profile=p3()))
    image = read_image(path)
    assert image[3, 3, 0] > RED[0] + 10  # more saturated than the numbers say
    assert image[3, 3, 2] < RED[2]


# --- 5: damage that is none ------------------------------------------------------------------


@pytest.mark.parametrize("quality", [40, 95])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("tail", [b"", b"\0" * 100_000, b"MotionPhoto" * 9999, b"\xff\xd8\xff\xe0"])
def test_bytes_after_a_jpeg_are_not_damage(file, flag, tail, progressive, quality):
    data = saved(Image.fromarray(flag), format="JPEG", progressive=progressive, quality=quality)
    np.testing.assert_array_equal(
        read_image(file("a.jpg", data + tail)), np.asarray(Image.open(io.BytesIO(data)))
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_truncated_files_are_damaged(file, kind, progressive, share):
    noise = np.random.default_rng(0).integers(0, 256, (90, 99, 3), dtype=np.uint8)
    options = {"progressive": True} if progressive and kind == "JPEG" else {}
    data = saved(Image.fromarray(noise), format=kind, **options)
    with pytest.raises(BadFileError, match="damaged or empty"):
        read_image(file(f"a.{kind.lower()}", data[: int(len(data) * share)]))


@pytest.mark.parametrize(("name", "kind"), [("a.png", "JPEG"), ("a.jpg", "WEBP"), ("a.tif", "PNG")])
def test_a_wrong_ending_is_reported_and_the_content_is_read(file, flag, name, kind):
    decoded = decode(file(name, saved(Image.fromarray(flag), format=kind, quality=98)))
    assert near(decoded.pixels[3, 3], RED, 5)
    assert decoded.about.notes == (
        f"'{name}' is a {kind} file by its content, and was read as one.",
    )


def test_a_file_with_an_unknown_ending_is_read(file, flag):
    assert near(read_image(file("scan", saved(Image.fromarray(flag), format="PNG")))[3, 3], RED)


def test_invalid_exif_is_not_damage(file, flag):
    block = b"Exif\0\0II*\0\xff\xff\xff\x7f\1\2"
    data = saved(Image.fromarray(flag), format="JPEG", exif=block, quality=97)
    assert near(read_image(file("a.jpg", data))[3, 3], RED, 4)


OME = (
    '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" '
    'Name="{name}"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="9" SizeY="8" '
    'SizeC="1" SizeZ="1" SizeT="1" PhysicalSizeX="{size}" PhysicalSizeY="{size}"><Channel '
    'ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/></Pixels></Image></OME>'
)


@pytest.mark.parametrize(
    ("description", "size"),
    [
        (OME.format(name="a", size="0.5"), 0.5),
        (OME.format(name="salt & pepper", size="0.5"), None),
        (OME.format(name="a", size="0,5"), None),
        (OME.format(name="a", size="0.5").replace('SizeX="9"', 'SizeX="nine"'), None),
        (OME.format(name="a", size="0.5")[:-30], None),
        ('<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><BinaryOnly '
         'MetadataFile="set.companion.ome" UUID="urn:uuid:1"/></OME>', None),
    ],
    ids=["whole", "ampersand", "comma", "word", "cut", "companion"],
)  # fmt: skip
def test_invalid_ome_description_loses_only_the_pixel_size(file, description, size):
    grey = np.arange(72, dtype=np.uint8).reshape(8, 9)
    path = file("a.ome.tif", lambda path: tifffile.imwrite(
        path, grey, photometric="minisblack", description=description, metadata=None
    ))  # fmt: skip
    decoded = decode(path)
    np.testing.assert_array_equal(decoded.pixels, grey)
    assert decoded.about.pixel_size == (None if size is None else (size, size, "µm"))


# --- 6: pages --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    y, x = np.mgrid[:64, :48]
    rng = np.random.default_rng(3)
    return (2 * x + y + rng.integers(0, 60, x.shape)).astype(np.uint8)


def pages(*images):
    def write(path):
        with tifffile.TiffWriter(path) as out:
            for image, kind in images:
                out.write(image, photometric="minisblack", subfiletype=kind, metadata=None)

    return write


@pytest.mark.parametrize("kind", [0, 1])
def test_smaller_versions_are_distinguished_from_pages(file, page, kind):
    for factor in (2, 3, 4):
        small = page[::factor, ::factor]
        for order in (1, -1):
            images = [(page, 0), (small, kind)][::order]
            decoded = decode(file("a.tif", pages(*images)))
            np.testing.assert_array_equal(decoded.pixels, page)
            assert decoded.about.notes == (
                "'a.tif' also contains smaller versions: the largest was used.",
            )


@pytest.mark.parametrize("shape", [(32, 24), (16, 12), (40, 48), (63, 48), (45, 34)])
def test_pages_of_different_sizes_are_refused_whatever_their_shape(file, page, shape):
    other = np.random.default_rng(9).integers(0, 256, shape, dtype=np.uint8)
    for images in ([(page, 0), (other, 0)], [(other, 0), (page, 0)]):
        with pytest.raises(BadFileError, match="pages of different sizes"):
            read_image(file("a.tif", pages(*images)))


def test_smaller_versions_in_sub_directories_are_ignored(file, page):
    def write(path):
        with tifffile.TiffWriter(path) as out:
            out.write(page, photometric="minisblack", subifds=1, metadata=None)
            out.write(page[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)

    np.testing.assert_array_equal(read_image(file("a.tif", write)), page)


def test_a_large_image_in_a_sub_directory_of_its_thumbnail_is_used(file, page):
    def write(path):
        with tifffile.TiffWriter(path) as out:
            out.write(
                page[::4, ::4], photometric="minisblack", subifds=1, subfiletype=1, metadata=None
            )
            out.write(page, photometric="minisblack", metadata=None)

    np.testing.assert_array_equal(read_image(file("a.tif", write)), page)


def test_a_truncated_chain_of_pages_is_damage(file, page):
    tags = page_tags(48, 64, 8, 1)
    whole = tiff(tags, page.tobytes(), more=[(tags, page.tobytes())])
    assert read_image(file("a.tif", whole)).shape == (2, 64, 48)
    with pytest.raises(BadFileError, match="its end is missing"):
        read_image(file("a.tif", whole[: len(page.tobytes()) + 300]))


def test_missing_parts_are_black_and_reported(file, flag):
    parts = iter([flag[:16, :16], None, flag[16:, :16], flag[16:, 16:]])
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, parts, shape=flag.shape, dtype=np.uint8, tile=(16, 16), photometric="rgb"
    ))  # fmt: skip
    decoded = decode(path)
    assert near(decoded.pixels[3, 3], RED, 0)
    assert near(decoded.pixels[3, 20], (0, 0, 0), 0)
    assert decoded.about.notes == ("1 of the parts of 'a.tif' was never written: it is black.",)


def test_pages_with_different_palettes_are_refused(file):
    def told(color):
        colors = np.zeros((256, 3), np.uint16)
        colors[1] = np.array(color) * 257
        return page_tags(4, 4, 8, 3, t320=(3, colors.T.ravel().tolist())), bytes([1] * 16)

    one, other = told(RED), told(BLUE)
    assert read_image(file("a.tif", tiff(*one, more=[one])))[1, 0, 0].tolist() == list(RED)
    with pytest.raises(BadFileError, match="different palettes"):
        read_image(file("b.tif", tiff(*one, more=[other])))


def test_each_page_of_a_document_has_its_own_orientation(file, page):
    one = page_tags(48, 64, 8, 1, t274=(3, [1])), page.tobytes()
    other = page_tags(48, 64, 8, 1, t274=(3, [3])), np.ascontiguousarray(page[::-1, ::-1]).tobytes()
    both = read_image(file("a.tif", tiff(*one, more=[other])))
    np.testing.assert_array_equal(both, [page, page])
    lying = page_tags(64, 48, 8, 1, t274=(3, [6])), np.rot90(page).tobytes()
    with pytest.raises(BadFileError, match=r"different sizes|turned in different ways"):
        read_image(file("a.tif", tiff(*one, more=[lying])))


# --- 7: transparency -------------------------------------------------------------------------


def test_transparent_color_or_palette_entry_becomes_alpha(file):
    rows = [bytes([10, 20, 30, 40, 50, 60])]
    image = read_image(
        file("a.png", png(2, 1, 8, 2, rows, [(b"tRNS", struct.pack(">3H", 10, 20, 30))]))
    )
    assert image.tolist() == [[[10, 20, 30, 0], [40, 50, 60, 255]]]
    chunks = [(b"PLTE", bytes([*RED, *BLUE])), (b"tRNS", bytes([0, 128]))]
    image = read_image(file("b.png", png(2, 1, 8, 3, [bytes([0, 1])], chunks)))
    assert image.tolist() == [[[*RED, 0], [*BLUE, 128]]]
    image = read_image(file("c.png", png(2, 1, 8, 0, [bytes([7, 9])], [(b"tRNS", b"\0\7")])))
    assert image.tolist() == [[[7, 0], [9, 255]]]


def test_grey_with_alpha_of_16_bits_is_read_whole(file):
    row = struct.pack(">4H", 1000, 0, 40000, 65535)
    image = read_image(file("a.png", png(2, 1, 16, 4, [row])))
    assert image.dtype == np.uint16
    assert image.tolist() == [[[1000, 0], [40000, 65535]]]


@pytest.mark.parametrize(("kind", "expected"), [("assocalpha", 200), ("unassalpha", 100)])
def test_premultiplied_alpha_is_undone(file, kind, expected):
    image = np.zeros((4, 4, 4), np.uint8)
    image[:2] = 100, 50, 20, 128
    path = file("a.tif", lambda path: tifffile.imwrite(
        path, image, photometric="rgb", extrasamples=[kind]
    ))  # fmt: skip
    found = read_image(path)
    assert near(found[0, 0], (expected, expected // 2, expected // 5, 128), 1)
    assert found[3, 3].tolist() == [0, 0, 0, 0]


# --- 12: formats -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "kind", "far"),
    [(".webp", "WEBP", 0), (".bmp", "BMP", 0), (".gif", "GIF", 0), (".avif", "AVIF", 9),
     (".jfif", "JPEG", 5), (".jpe", "JPEG", 5), (".jp2", "JPEG2000", 0), (".ppm", "PPM", 0)],
)  # fmt: skip
def test_common_formats_are_read(file, flag, suffix, kind, far):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 98} if kind == "JPEG" else {}
    data = saved(Image.fromarray(flag), format=kind, **options)
    decoded = decode(file(f"a{suffix}", data))
    assert suffix in READABLE
    assert decoded.about.format == kind
    assert near(decoded.pixels[3, 3], RED, far)
    assert near(decoded.pixels[20, 9], BLUE, far)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_is_used_and_reported(file, flag, kind):
    first, second = Image.fromarray(flag), Image.fromarray(flag[::-1])
    options = {"lossless": True} if kind == "WEBP" else {}
    path = file(f"a.{kind.lower()}", saved(
        first, format=kind, save_all=True, append_images=[second], **options
    ))  # fmt: skip
    decoded = decode(path)
    if kind == "TIFF":
        assert decoded.pixels.shape == (2, 24, 32, 3)
        return
    np.testing.assert_array_equal(decoded.pixels[..., :3], flag)
    assert decoded.about.pages == 2
    assert decoded.about.notes == (f"'{path.name}' contains 2 frames: the first was used.",)


def test_first_of_several_photographs_in_a_file_is_used(file, flag):
    first, second = Image.fromarray(flag), Image.fromarray(flag[::-1])
    data = saved(first, format="MPO", save_all=True, append_images=[second], quality=97)
    decoded = decode(file("a.jpg", data))
    assert near(decoded.pixels[3, 3], RED, 4)
    assert "2 frames" in decoded.about.notes[0]


def test_file_that_is_not_an_image_is_reported(file):
    with pytest.raises(BadFileError, match=r"'notes\.txt' is not an image"):
        read_image(file("notes.txt", b"hello"))
    with pytest.raises(BadFileError, match="damaged or empty"):
        read_image(file("a.png", b""))
    with pytest.raises(BadFileError, match="There is no file"):
        read_image(Path("missing.png"))


def test_heic_is_read_or_refused_by_name(file):
    box = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic"
    words = "damaged" if imagecodecs.HEIF.available else "HEIC"
    with pytest.raises(BadFileError, match=words):
        read_image(file("a.heic", box + bytes(99)))


def test_a_custom_gamma_is_ignored_and_reported(file):
    row = [bytes([100, 150, 200])]
    linear = decode(file("a.png", png(1, 1, 8, 2, row, [(b"gAMA", struct.pack(">I", 100000))])))
    usual = decode(file("b.png", png(1, 1, 8, 2, row, [(b"gAMA", struct.pack(">I", 45455))])))
    assert linear.pixels.tolist() == usual.pixels.tolist() == [[[100, 150, 200]]]
    assert usual.about.notes == ()
    assert "primaries or a gamma" in linear.about.notes[0]


@pytest.mark.parametrize(
    ("points", "is_said"),
    [((1, 13), False), ((2, 2), False), ((12, 13), True), ((9, 16), True), ((1, 8), True)],
    ids=["sRGB", "unknown", "P3", "PQ", "linear"],
)
@pytest.mark.parametrize("depth", [8, 16])
def test_code_points_of_other_color_spaces_are_reported(file, points, is_said, depth):
    row = [bytes([100, 150, 200])] if depth == 8 else [struct.pack(">3H", 25700, 38550, 51400)]
    data = png(1, 1, depth, 2, row, [(b"cICP", bytes([*points, 0, 1]))])
    decoded = decode(file("a.png", data))
    assert near(decoded.pixels[0, 0] // (1 if depth == 8 else 257), (100, 150, 200), 0)
    assert any("primaries or a gamma" in note for note in decoded.about.notes) == is_said


def test_code_points_in_avif_are_reported(file, flag):
    data = saved(Image.fromarray(flag), format="AVIF", quality=95)
    place = data.index(b"colrnclx") + 8
    assert decode(file("a.avif", data)).about.notes == ()
    wide = data[:place] + struct.pack(">2H", 12, 13) + data[place + 4 :]
    assert "primaries or a gamma" in decode(file("b.avif", wide)).about.notes[0]


def test_profile_in_jpeg_2000_is_applied(file, flag):
    data = saved(Image.fromarray(flag), format="JPEG2000")
    profile = imagecodecs.cms_profile("adobergb")
    place = data.index(b"colr") - 4
    size = int.from_bytes(data[place : place + 4], "big")
    box = struct.pack(">I", 11 + len(profile)) + b"colr\2\0\0" + profile
    parent = data.index(b"jp2h") - 4
    grown = int.from_bytes(data[parent : parent + 4], "big") + len(box) - size
    head = data[:parent] + struct.pack(">I", grown) + data[parent + 4 : place]
    decoded = decode(file("a.jp2", head + box + data[place + size :]))
    assert "converted to sRGB by its colour profile" in decoded.about.notes[0]
    assert near(decoded.pixels[3, 20], (0, 181, 83), 3)
    assert near(decode(file("b.jp2", data)).pixels[3, 20], GREEN, 0)


def test_pgm_is_scaled_by_its_stated_white(file):
    head = b"P5\n# camera\n3 1\n4095\n"
    image = read_image(file("a.pgm", head + struct.pack(">3H", 0, 2048, 4095)))
    assert (image.shape, image.dtype) == ((1, 3), np.uint16)
    assert near(image[0], (0, 32776, 65535), 8)
    assert read_image(file("b.pgm", b"P2 3 1 15 0 5 15 ")).tolist() == [[0, 85, 255]]
    assert read_image(file("a.pbm", b"P1 2 1 0 1 ")).tolist() == [[255, 0]]


def test_one_page_is_an_image_whatever_its_axes(file):
    grey = np.arange(72, dtype=np.uint8).reshape(1, 8, 9)
    path = file("a.tif", lambda path: tifffile.imwrite(path, grey, photometric="minisblack"))
    np.testing.assert_array_equal(read_image(path), grey[0])


def test_very_large_images_are_not_refused_as_decompression_bombs(file, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = saved(Image.new("L", (50, 40), 77), format="PNG")
    assert read_image(file("a.png", data))[3, 3] == 77
