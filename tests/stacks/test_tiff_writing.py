"""Coloured stacks written as TIFF: whole or not at all, with their axes, in pages or in tiles."""

import threading

import numpy as np
import pytest
import tifffile
import zarr

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.stacks import tiff_writing
from napari_oneshot_color.stacks.tiff_writing import write_tiff


@pytest.fixture
def stack(tmp_path):
    """Colours of three slices of 40 x 600 px."""
    values = np.random.default_rng(0).integers(0, 256, (3, 40, 600, 3), np.uint8)
    return zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(1, 40, 600, 3))


def write(stack, path, stop=None, **options):
    described = {"axes": ("z", "y", "x"), "scale": (2.0, 0.5, 0.5), "units": ("um",) * 3} | options
    return write_tiff(stack, path, stop=stop or threading.Event(), **described)


def test_pages_come_back_with_axes_and_pixel_sizes(stack, tmp_path):
    assert write(stack, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        np.testing.assert_array_equal(file.asarray(), stack[:])
        assert file.series[0].axes == "ZYXS"
        assert 'PhysicalSizeZ="2.0"' in file.ome_metadata


def test_large_pages_are_written_in_tiles(stack, tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_writing, "LARGEST_IMAGE", 1000)
    assert write(stack, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].is_tiled
        np.testing.assert_array_equal(file.asarray(), stack[:])


def test_same_stack_gives_the_same_bytes(stack, tmp_path):
    for name in "ab":
        write(stack, tmp_path / f"{name}.tif")
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_stop_leaves_only_what_was_there_before(stack, tmp_path, snapshot):
    (tmp_path / "a.tif").write_bytes(b"old")
    before = snapshot(tmp_path)
    stop = threading.Event()
    stop.set()
    assert not write(stack, tmp_path / "a.tif", stop)
    assert snapshot(tmp_path) == before


def test_unwritable_path_gives_a_clear_error(stack, tmp_path):
    with pytest.raises(BadFileError, match=r"cannot be written: .*the free space"):
        write(stack, tmp_path / "missing" / "a.tif")
