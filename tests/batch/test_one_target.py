"""One target keeps its format and depth; a large one is coloured in parts."""

import numpy as np
import pytest
import tifffile
from tiny_stacks import finish, grey_stack

from napari_oneshot_color import train
from napari_oneshot_color.batch import one_target
from napari_oneshot_color.batch.journal import NAME
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import as_dtype, encode_image
from napari_oneshot_color.pipeline import apply_steps
from napari_oneshot_color.stacks import stored, tiff_reading, tiff_writing
from napari_oneshot_color.stacks.lazy import colorize_stack


@pytest.fixture(scope="module")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def apply(colorizer, targets, output, each=lambda progress: None, **options):
    return finish(apply_files_steps(colorizer, targets, output, **options), each)


def alone(colorizer, pixels, dtype=np.uint8, limits=None):
    """Colour one image as the pipeline does."""
    result = finish(apply_steps(colorizer, pixels, target_limits=limits))
    return as_dtype(result.final, np.dtype(dtype))


def computed(stack):
    return stack.compute(scheduler="synchronous")


@pytest.mark.parametrize(
    ("suffix", "dtype", "wanted"),
    [
        (".png", np.uint16, np.uint16),
        (".jpg", np.uint8, np.uint8),
        (".tif", np.uint16, np.uint16),
        (".TIFF", np.float32, np.float32),
    ],
)
def test_image_keeps_its_format_and_depth(colorizer, tmp_path, out, suffix, dtype, wanted):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encode_image(grey_stack((48, 60), dtype=dtype), suffix.lower()))
    apply(colorizer, [path], out)
    written = read_image(out / f"a_colorized{suffix.lower()}")
    assert written.shape == (48, 60, 3)
    assert written.dtype == wanted


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [(np.uint16, np.uint16), (np.int16, np.uint16), (np.float32, np.float32)],
)
def test_stack_keeps_its_depth_and_has_one_pair_of_limits(colorizer, tmp_path, out, dtype, wanted):
    stack = grey_stack((3, 48, 60), dtype=dtype)
    stack[1] //= 3
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    apply(colorizer, [tmp_path / "a.tif"], out)
    written = tifffile.imread(out / "a_colorized.tif")
    assert written.dtype == wanted
    expected = computed(colorize_stack(colorizer, stack, dtype=wanted))
    np.testing.assert_array_equal(written, expected)


@pytest.mark.parametrize("kind", ["whole", "tiled", "png"])
def test_large_image_is_colored_in_parts_like_a_small_one(
    colorizer, tmp_path, out, monkeypatch, kind
):
    for module in (one_target, tiff_reading, tiff_writing):
        monkeypatch.setattr(module, "LARGEST_IMAGE", 1000)
    for module in (stored, tiff_reading):
        monkeypatch.setattr(module, "PART", 32)
    monkeypatch.setattr(tiff_writing, "_TILE", 16)
    image = grey_stack((75, 90))
    path = tmp_path / ("a.png" if kind == "png" else "a.tif")
    if kind == "png":
        path.write_bytes(encode_image(image, ".png"))
    else:
        tifffile.imwrite(path, image, tile=(16, 16) if kind == "tiled" else None)
    records = []
    apply(colorizer, [path], out, records.append)
    written = read_image(out / f"a_colorized{path.suffix}")
    np.testing.assert_array_equal(written, alone(colorizer, image))
    assert records[-1].total == 9
    assert sorted(path.name for path in out.iterdir()) == [f"a_colorized{path.suffix}", NAME]


def test_damaged_page_gives_a_clear_error(colorizer, tmp_path, out):
    tifffile.imwrite(
        tmp_path / "a.tif", grey_stack((3, 48, 60)), photometric="minisblack", compression="zlib"
    )
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        [offset] = file.pages[1].dataoffsets
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[offset : offset + 40] = bytes(40)
    (tmp_path / "a.tif").write_bytes(data)
    [(_, sentence)] = apply(colorizer, [tmp_path / "a.tif"], out).failed
    assert sentence == "'a.tif' cannot be read: a page is damaged."
