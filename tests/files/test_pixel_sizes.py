"""The pixel size, from files that state it reliably."""

import numpy as np
import pytest
import tifffile

from napari_oneshot_color import Settings
from napari_oneshot_color.cli.options import at_scale
from napari_oneshot_color.files.pixel_sizes import pixel_size, scale_between

GREY = np.zeros((8, 9), np.uint8)


def ome(path, size, unit="µm"):
    metadata = {"axes": "YX", "PhysicalSizeX": size, "PhysicalSizeXUnit": unit}
    tifffile.imwrite(path, GREY, ome=True, metadata=metadata)
    return path


def imagej(path, size, unit):
    tifffile.imwrite(
        path, GREY, imagej=True, resolution=(1 / size, 1 / size), metadata={"unit": unit}
    )
    return path


@pytest.mark.parametrize(("unit", "metres"), [("µm", 1e-6), ("nm", 1e-9), ("mm", 1e-3)])
def test_pixel_size_of_an_ome_tiff_is_read(tmp_path, unit, metres):
    assert pixel_size(ome(tmp_path / "a.ome.tif", 0.25, unit)) == pytest.approx(0.25 * metres)


@pytest.mark.parametrize(("unit", "metres"), [("um", 1e-6), ("micron", 1e-6), ("nm", 1e-9)])
def test_pixel_size_of_an_imagej_tiff_is_read(tmp_path, unit, metres):
    assert pixel_size(imagej(tmp_path / "a.tif", 0.5, unit)) == pytest.approx(0.5 * metres)


def test_resolution_for_printing_is_not_a_pixel_size(tmp_path):
    path = tmp_path / "photo.tif"
    tifffile.imwrite(path, GREY, resolution=(300, 300), resolutionunit="INCH")
    assert pixel_size(path) is None


def test_files_without_a_pixel_size_have_none(tmp_path):
    (tmp_path / "text.tif").write_text("no image")
    for path in (
        imagej(tmp_path / "pixels.tif", 1, "pixel"),
        ome(tmp_path / "zero.ome.tif", 0),
        ome(tmp_path / "odd.ome.tif", 1, "ly"),
        tmp_path / "text.tif",
        tmp_path / "missing.tif",
    ):
        assert pixel_size(path) is None


def test_scale_is_the_ratio_and_0_where_a_size_is_missing(tmp_path):
    coarse, fine = ome(tmp_path / "c.ome.tif", 2), imagej(tmp_path / "f.tif", 0.5, "um")
    assert scale_between(coarse, fine) == pytest.approx(4)
    assert scale_between(coarse, tmp_path / "missing.tif") == 0


def test_scale_of_the_files_is_used_unless_one_is_set_or_recorded(tmp_path):
    coarse, fine = ome(tmp_path / "c.ome.tif", 2), imagej(tmp_path / "f.tif", 0.5, "um")
    assert at_scale(Settings(), coarse, fine, {"source_scale": None}).source_scale == 4
    said = Settings(source_scale=3)
    assert at_scale(said, coarse, fine, {"source_scale": 3.0}) == said
    assert at_scale(Settings(), coarse, fine, {"source_scale": 0.0}).source_scale == 0
    file = tmp_path / "result.json"
    file.write_text('{"settings": {"source_scale": 0}}')
    assert at_scale(Settings(), coarse, fine, {"settings": file}).source_scale == 0
    file.write_text('{"source_scale": 0}')  # settings that belong to no run
    assert at_scale(Settings(), coarse, fine, {"settings": file}).source_scale == 4
    assert at_scale(said, coarse, fine, {"settings": file}) == said
