"""Sizes in headers are accepted as far as file size, free memory and the user's limit allow."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
import zarr
from byte_files import page_tags, png, tiff
from PIL import Image, ImageFile

from napari_oneshot_color import read_image
from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims
from napari_oneshot_color.stacks.tiff_reading import open_tiff_stack
from napari_oneshot_color.stacks.zarr_reading import open_stack

GREY = np.zeros((64, 64), np.uint8)


def pillow(kind):
    out = io.BytesIO()
    Image.fromarray(np.dstack([GREY] * 3)).save(out, kind)
    return bytearray(out.getvalue())


def put(data, place, form, *numbers):
    data[place : place + struct.calcsize(form)] = struct.pack(form, *numbers)
    return bytes(data)


def tiles(width, height, side, count):
    tags = page_tags(width, height, 8, 1, t322=(4, [side]), t323=(4, [side]))
    tags |= {324: (4, [8] * count), 325: (4, [64] * count), 259: (3, [8])}
    return {code: told for code, told in tags.items() if code != 278}


def jpeg(width, height):
    data = pillow("JPEG")
    return put(data, data.index(b"\xff\xc0") + 5, ">HH", height, width)


def jpeg2000(width, height):
    data = bytearray(imagecodecs.jpeg2k_encode(GREY, codecformat="jp2", level=0))
    put(data, data.index(b"ihdr") + 4, ">II", height, width)
    start = data.index(b"\xff\x51") + 6
    return put(data, start, ">IIIIII", width, height, 0, 0, width, height)


CLAIMS = {
    "one strip.tif": tiff(page_tags(100_000, 100_000, 8, 1), b"\0" * 64),
    "high and narrow.tif": tiff(page_tags(128, 4_000_000_000, 8, 1), b"\0" * 64),
    "square.tif": tiff(page_tags(2**31, 2**31, 8, 1), b"\0" * 64),
    "tiles, one there.tif": tiff(tiles(100_000, 100_000, 256, 1), b"\0" * 64),
    "one tile.tif": tiff(tiles(64, 64, 2**31 - 16, 1), b"\0" * 64),
    "all tiles in one place.tif": tiff(tiles(50_000, 50_000, 256, 196**2), b"\0" * 64),
    "many pages.tif": tiff(
        page_tags(9000, 9000, 8, 1),
        b"\0" * 64,
        more=[(page_tags(9000, 9000, 8, 1), b"\0" * 64)] * 9,
    ),
    "header.png": png(60_000, 60_000, 8, 0, [b"\0"]),
    "header of 16 bit.png": png(60_000, 60_000, 16, 2, [b"\0"]),
    "header.jpg": jpeg(65_000, 65_000),
    "header.bmp": put(pillow("BMP"), 18, "<ii", 60_000, 60_000),
    "header.gif": put(pillow("GIF"), 6, "<HH", 65_000, 65_000),
    "header.jp2": jpeg2000(60_000, 60_000),
}


@pytest.fixture(autouse=True)
def little_room(monkeypatch):
    """Make large allocations fail instead of exhausting the memory."""

    def refuse(*args, **options):
        raise AssertionError("it was decoded")

    monkeypatch.setattr(tifffile.TiffPageSeries, "asarray", refuse)
    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)


@pytest.mark.parametrize("name", CLAIMS)
def test_image_too_large_for_its_bytes_is_not_decoded(tmp_path, name):
    (tmp_path / name).write_bytes(CLAIMS[name])
    with pytest.raises(BadFileError, match=r"megapixels, but has .* bytes|kB|of its [\d,]+ parts"):
        read_image(tmp_path / name)


@pytest.mark.parametrize("name", [name for name in CLAIMS if name.endswith("tif")])
def test_image_too_large_for_its_bytes_is_not_opened_as_a_stack(tmp_path, name):
    (tmp_path / name).write_bytes(CLAIMS[name])
    with pytest.raises(BadFileError, match=r"--largest-megapixels \d+\.$|of its [\d,]+ parts"):
        open_tiff_stack(tmp_path / name)


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [
        ((10_000_000, 64, 64), (1, 64, 64)),
        ((2**40, 64, 64), (1, 64, 64)),
        ((2**31, 2**31), (256, 256)),
        ((2**20, 2**20, 64, 64), (1, 1, 64, 64)),
        ((3, 10**6, 10**6), (1, 1, 1)),
    ],
)
@pytest.mark.parametrize("chunk", [b"", bytes(40)])
def test_a_zarr_with_hardly_any_chunks_is_refused(tmp_path, shape, chunks, chunk):
    zarr.create_array(tmp_path / "a.zarr", shape=shape, chunks=chunks, dtype="uint8")
    place = tmp_path.joinpath("a.zarr", "c", *"0" * len(shape))
    place.parent.mkdir(parents=True)
    place.write_bytes(chunk)
    with pytest.raises(BadFileError, match=r"at most 64 megapixels are read from such a file"):
        open_stack(tmp_path / "a.zarr")


def test_a_chunk_larger_than_the_memory_is_refused(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", shape=(30_000, 30_000), chunks=(30_000,) * 2, dtype="f4")
    (tmp_path / "a.zarr" / "c" / "0").mkdir(parents=True)
    (tmp_path / "a.zarr" / "c" / "0" / "0").write_bytes(bytes(2_000_000))
    with pytest.raises(BadFileError, match=r"a chunk of a\.zarr.*at most 500 megapixels"):
        open_stack(tmp_path / "a.zarr")


def test_images_that_fit_their_bytes_are_accepted():
    claims.check_whole("a", 20_000, 20_000, 5_000_000)
    claims.check_whole("small", 8000, 8000, 1)
    claims.check_parts("slide", 200_000, 100_000, 50_000_000)
    with pytest.raises(BadFileError, match="at most 500 megapixels"):
        claims.check_whole("large", 30_000, 30_000, 10**9)


def test_the_user_may_allow_more(tmp_path):
    with claims.reading_up_to(4000):
        claims.check_whole("large", 60_000, 60_000, 10**9)
        claims.check_parts("hollow", 60_000, 60_000, 1)
        with claims.reading_up_to(None):
            assert claims.most_pixels(1) == 4_000_000_000
    assert claims.most_pixels(1) == 64_000_000
    (tmp_path / "a.png").write_bytes(png(60_000, 60_000, 8, 0, [b"\0"]))
    with pytest.raises(BadFileError, match="damaged") as caught:
        read_image(tmp_path / "a.png", largest_megapixels=3600)
    assert str(caught.value.__cause__) == "it was decoded"


def test_the_user_may_allow_less(tmp_path):
    (tmp_path / "a.png").write_bytes(png(1000, 2000, 8, 0, [b"\0"]))
    with pytest.raises(BadFileError, match=r"1,000 x 2,000 px, 2 megapixels.*at most 1 megapixels"):
        read_image(tmp_path / "a.png", largest_megapixels=1)


def test_no_more_memory_is_requested_than_is_free(monkeypatch):
    monkeypatch.setattr(claims, "free_memory", lambda: 10_000_000)
    with pytest.raises(BadFileError, match=r"needs 12\.0 MB of memory, but only 10\.0 MB is free"):
        claims.check_whole("a", 1000, 1000, 10**6, pixel_bytes=4)
