"""Pages of a TIFF are read lazily as displayed: bit depth, white, orientation, palettes, colour."""

import dask
import numpy as np
import pytest
import tifffile
from byte_files import packed, page_tags, tiff
from PIL import Image
from tiny_stacks import grey_stack

from napari_oneshot_color import read_image
from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.pair.tones import grey_values
from napari_oneshot_color.stacks.tiff_reading import open_tiff_stack


def opened(path):
    stack = open_tiff_stack(path)
    assert stack.data.ndim == len(stack.axes)
    return stack.data.compute(scheduler="synchronous")


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 10, 12, 14, 16])
def test_every_number_of_bits_has_its_own_white(tmp_path, bits, photometric):
    values = np.zeros((6, 16), np.int64)
    values[:, 8:] = 2**bits - 1
    page = page_tags(16, 6, bits, photometric), packed(values, bits)
    (tmp_path / "a.tif").write_bytes(tiff(*page, more=[page, page]))
    data = opened(tmp_path / "a.tif")
    assert data.shape == (3, 6, 16)
    dark, light = (15, 0) if photometric == 0 else (0, 15)
    assert (data[1, 2, dark], data[1, 2, light]) == (0, np.iinfo(data.dtype).max)
    np.testing.assert_array_equal(data, read_image(tmp_path / "a.tif"))


def test_limits_are_in_the_values_of_the_file(tmp_path):
    page = page_tags(16, 6, 12, 1), packed(np.full((6, 16), 2000), 12)
    (tmp_path / "a.tif").write_bytes(tiff(*page, more=[page]))
    stack = open_tiff_stack(tmp_path / "a.tif")
    low, high = stack.about.limits((0, 2000), stack.data.dtype)
    assert (low, round(high)) == (0, int(stack.data[0, 0, 0].compute()))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_pages_are_turned_upright(tmp_path, orientation):
    stored = grey_stack((3, 20, 30))
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, stored, photometric="minisblack", metadata=None,
        extratags=[(274, 3, 1, orientation, False)],
    )  # fmt: skip
    turn = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
            6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip
    first = Image.fromarray(stored[0])
    if orientation > 1:
        first = first.transpose(Image.Transpose[turn[orientation]])
    expected = np.asarray(first)
    data = opened(path)
    assert data.shape[1:] == ((30, 20) if orientation > 4 else (20, 30))
    np.testing.assert_array_equal(data[0], expected)
    np.testing.assert_array_equal(data, read_image(path))


def test_every_page_has_its_own_orientation(tmp_path):
    page = grey_stack((20, 30))
    one = page_tags(30, 20, 8, 1, t274=(3, [1])), page.tobytes()
    other = page_tags(30, 20, 8, 1, t274=(3, [3])), np.ascontiguousarray(page[::-1, ::-1]).tobytes()
    (tmp_path / "a.tif").write_bytes(tiff(*one, more=[other, one]))
    np.testing.assert_array_equal(opened(tmp_path / "a.tif"), [page] * 3)


def test_pixel_sizes_of_a_turned_stack_are_swapped(tmp_path):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path, grey_stack((3, 20, 30)), ome=True, photometric="minisblack",
        metadata={"axes": "ZYX", "PhysicalSizeX": 1, "PhysicalSizeY": 2, "PhysicalSizeZ": 5},
        extratags=[(274, 3, 1, 6, True)],
    )  # fmt: skip
    stack = open_tiff_stack(path)
    assert stack.data.shape == (3, 30, 20)
    assert stack.scale == (5, 1, 2)


def test_grey_pages_that_are_stored_as_color_are_a_grey_stack(tmp_path):
    grey = grey_stack((3, 40, 50))
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.stack([grey] * 3, axis=-1), photometric="rgb")
    np.testing.assert_array_equal(opened(path), grey)
    tifffile.imwrite(path, np.stack([grey] * 3, axis=1), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(opened(path), grey)
    mixed = np.stack([grey] * 3, axis=-1)
    mixed[2, ..., 0] = 255
    tifffile.imwrite(path, mixed, photometric="rgb")
    stack = open_tiff_stack(path)
    np.testing.assert_array_equal(stack.data[0].compute(), grey[0])
    with pytest.raises(BadPairError, match="in colour"):
        stack.data[2].compute(scheduler="synchronous")
    tifffile.imwrite(path, mixed[::-1].copy(), photometric="rgb")
    with pytest.raises(BadPairError, match="in colour"):
        open_tiff_stack(path)


def test_luminance_of_toned_pages_is_used_on_request(tmp_path):
    grey = grey_stack((3, 40, 50))
    sepia = np.stack([grey, grey * 0.8, grey * 0.6], axis=-1).astype(np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, sepia, photometric="rgb")
    with pytest.raises(BadPairError, match="ask for their luminance"):
        open_tiff_stack(path)
    stack = open_tiff_stack(path, luminance=True)
    assert stack.data.shape == grey.shape
    for page, colors in zip(np.asarray(stack.data), sepia, strict=True):
        np.testing.assert_array_equal(page, grey_values(colors))


def test_pages_with_a_grey_palette_are_grey(tmp_path):
    ramp = np.arange(255, -1, -1, dtype=np.uint16) * 257  # a negative, by its palette
    grey = grey_stack((3, 20, 30))
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="palette", colormap=np.stack([ramp] * 3))
    np.testing.assert_array_equal(opened(tmp_path / "a.tif"), 255 - grey)


def test_black_ink_on_pages_is_not_a_negative(tmp_path):
    page = page_tags(4, 3, 8, 5), bytes([0, 64, 128, 255] * 3)
    (tmp_path / "a.tif").write_bytes(tiff(*page, more=[page]))
    assert opened(tmp_path / "a.tif")[1, 0].tolist() == [255, 191, 127, 0]


def test_a_page_of_another_size_is_not_dropped(tmp_path):
    page = grey_stack((20, 30))
    one = page_tags(30, 20, 8, 1), page.tobytes()
    large = page_tags(40, 20, 8, 1), bytes(800)
    (tmp_path / "a.tif").write_bytes(tiff(*one, more=[one, large]))
    with pytest.raises(BadFileError, match="different sizes"):
        open_tiff_stack(tmp_path / "a.tif")


def test_imagej_hyperstacks_keep_their_axes(tmp_path):
    stack = grey_stack((2, 3, 2, 20, 30), dtype=np.uint16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TZCYX"})
    found = open_tiff_stack(path)
    assert found.axes == ("t", "z", "c", "y", "x")
    np.testing.assert_array_equal(found.data.compute(), stack)


def computed(stack):
    return stack.compute(scheduler="synchronous")


def test_pixel_sizes_of_an_imagej_stack_are_read(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.tif", grey_stack((4, 48, 60)), imagej=True, resolution=(2, 4),
        metadata={"axes": "ZYX", "spacing": 3.0, "unit": "um"},
    )  # fmt: skip
    stack = open_tiff_stack(tmp_path / "a.tif")
    assert stack.axes == ("z", "y", "x")
    assert stack.scale == (3.0, 0.25, 0.5)
    assert stack.units == ("um", "um", "um")


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zlib"},
        {"compression": "zlib", "rowsperstrip": 7},
        {"tile": (16, 32), "compression": "zlib"},
        {"imagej": True},
        {"photometric": "miniswhite"},
    ],
    ids=str,
)
def test_tiff_stack_is_read_a_page_at_a_time(tmp_path, options):
    stack = grey_stack((5, 48, 60))
    options = {"photometric": "minisblack", **options}
    tifffile.imwrite(tmp_path / "a.tif", stack, **options)
    opened = open_tiff_stack(tmp_path / "a.tif").data
    assert opened.chunks == ((1,) * 5, (48,), (60,))
    expected = 255 - stack if options["photometric"] == "miniswhite" else stack
    np.testing.assert_array_equal(computed(opened), expected)
    with dask.config.set(scheduler="threads", num_workers=4):
        np.testing.assert_array_equal(opened.compute(), expected)


@pytest.mark.parametrize("imagej", [False, True])
def test_pages_written_in_one_go_are_not_read_one_by_one(tmp_path, monkeypatch, imagej):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey_stack((60, 20, 30)), photometric="minisblack", imagej=imagej)
    looked_at = []
    right = tifffile.TiffPage.__init__

    def counted(*arguments, **options):
        looked_at.append(1)
        right(*arguments, **options)

    monkeypatch.setattr(tifffile.TiffPage, "__init__", counted)
    stack = open_tiff_stack(path)
    np.testing.assert_array_equal(computed(stack.data[59]), grey_stack((60, 20, 30))[59])
    assert len(looked_at) < 10
