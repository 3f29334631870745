"""Zarr of every version is read lazily; anything but a stack gives a clear error."""

import json

import numpy as np
import pytest
import zarr
from tiny_stacks import grey_stack

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.stacks.zarr_reading import open_stack


@pytest.fixture
def path(tmp_path):
    return tmp_path / "brain_colorized.zarr"


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_bare_array_is_opened_lazily_with_its_own_chunks(tmp_path, version, dtype):
    stack = grey_stack((4, 50, 60), dtype=dtype)
    zarr.create_array(tmp_path / "a.zarr", data=stack, chunks=(2, 30, 60), zarr_format=version)
    opened = open_stack(tmp_path / "a.zarr")
    assert opened.data.chunks == ((2, 2), (30, 20), (60,))
    assert opened.axes is None
    assert opened.scale is None
    np.testing.assert_array_equal(opened.data.compute(scheduler="synchronous"), stack)


def test_axes_of_a_bare_array_are_its_dimension_names(tmp_path):
    stack = grey_stack((2, 40, 40))
    zarr.create_array(tmp_path / "3.zarr", data=stack, dimension_names=("t", "y", "x"))
    zarr.create_array(
        tmp_path / "2.zarr",
        data=stack,
        zarr_format=2,
        attributes={"_ARRAY_DIMENSIONS": ["z", "y", "x"]},
    )
    assert open_stack(tmp_path / "3.zarr").axes == ("t", "y", "x")
    assert open_stack(tmp_path / "2.zarr").axes == ("z", "y", "x")


def ome_group(folder, version, stack, axes="zyx", **changes):
    """Write an OME-Zarr image of two levels."""
    scale = [2.0] * (len(axes) - 2) + [0.5, 0.5]
    image = {
        "axes": [
            {"name": axis, "type": "space", "unit": "micrometer"} if axis in "zyx" else
            {"name": axis, "type": "time" if axis == "t" else "channel"}
            for axis in axes
        ],
        "datasets": [
            {
                "path": f"level{level}",
                "coordinateTransformations": [{"type": "scale", "scale": scale}],
            }
            for level in (0, 1)
        ],
        **changes,
    }  # fmt: skip
    if version == "0.4":
        attributes = {"multiscales": [{"version": "0.4", **image}]}
    else:
        attributes = {"ome": {"version": "0.5", "multiscales": [image]}}
    zarr_format = 2 if version == "0.4" else 3
    group = zarr.create_group(folder, zarr_format=zarr_format, attributes=attributes)
    for level in (0, 1):
        pixels = stack[..., :: level + 1, :: level + 1]
        group.create_array(f"level{level}", data=pixels, chunks=(1,) * (stack.ndim - 2) + (32, 32))
    return folder


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("axes", ["zyx", "tczyx", "yx"])
def test_finest_level_of_ome_zarr_is_opened_with_axes_and_scale(tmp_path, version, axes):
    stack = grey_stack((2, 1, 3, 50, 60)[5 - len(axes) :])
    opened = open_stack(ome_group(tmp_path / "a.ome.zarr", version, stack, axes))
    assert opened.axes == tuple(axes)
    assert opened.scale == (2.0,) * (len(axes) - 2) + (0.5, 0.5)
    assert opened.units == tuple("micrometer" if axis in "zyx" else "" for axis in axes)
    np.testing.assert_array_equal(opened.data.compute(scheduler="synchronous"), stack)


def test_scale_of_the_whole_image_multiplies_that_of_the_level(tmp_path):
    whole = [{"type": "scale", "scale": [1.0, 3.0, 3.0]}]
    folder = tmp_path / "a.zarr"
    ome_group(folder, "0.5", grey_stack((2, 40, 40)), coordinateTransformations=whole)
    assert open_stack(folder).scale == (2.0, 1.5, 1.5)


def test_axes_that_do_not_end_in_y_x_are_refused(tmp_path):
    ome_group(tmp_path / "a.zarr", "0.4", grey_stack((40, 40, 3)), "yxc")
    with pytest.raises(BadFileError, match="must end in y, x"):
        open_stack(tmp_path / "a.zarr")


FOREIGN = {
    "missing": lambda folder: None,
    "empty": lambda folder: folder.mkdir(),
    "no JSON": lambda folder: (folder.mkdir(), (folder / "zarr.json").write_text("{")),
    "no text": lambda folder: (folder.mkdir(), (folder / ".zarray").write_bytes(b"\xff\xfe\x00")),
    "other JSON": lambda folder: (folder.mkdir(), (folder / "zarr.json").write_text("[1]")),
    "bare group": lambda folder: zarr.create_group(folder).create_array("in", shape=3, dtype="u1"),
    "level gone": lambda folder: zarr.create_group(
        folder, attributes={"multiscales": [{"datasets": [{"path": "0"}], "axes": ["y", "x"]}]}
    ),
    "level a number": lambda folder: zarr.create_group(
        folder, attributes={"multiscales": [{"datasets": [{"path": 0}], "axes": ["y", "x"]}]}
    ),
    "half described": lambda folder: zarr.create_group(folder, attributes={"multiscales": [{}]}),
    "axes of another array": lambda folder: ome_group(folder, "0.4", np.zeros((9, 9)), axes="zyx"),
    "bad scale": lambda folder: ome_group(
        folder,
        "0.4",
        np.zeros((9, 9)),
        "yx",
        coordinateTransformations=[{"type": "scale", "scale": [0, 1]}],
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_or_damaged_folder_gives_a_clear_error(tmp_path, kind):
    FOREIGN[kind](tmp_path / "a.zarr")
    with pytest.raises(BadFileError, match=r"a\.zarr") as raised:
        open_stack(tmp_path / "a.zarr")
    assert str(raised.value).endswith(".")


def test_group_error_names_an_array_inside(tmp_path):
    FOREIGN["bare group"](tmp_path / "a.zarr")
    with pytest.raises(BadFileError, match=r"such as 'a\.zarr/in'"):
        open_stack(tmp_path / "a.zarr")


def test_truncated_chunk_gives_a_clear_error_when_read(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((2, 50, 60)), chunks=(1, 50, 60))
    chunk = tmp_path / "a.zarr" / "c" / "1" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:100])
    data = open_stack(tmp_path / "a.zarr").data
    data[0].compute(scheduler="synchronous")
    with pytest.raises(BadFileError, match=r"'a\.zarr' cannot be read: a chunk is damaged"):
        data[1].compute(scheduler="synchronous")


def test_pickles_are_not_opened(tmp_path):
    zarr.create_array(tmp_path / "a.zarr", data=grey_stack((2, 50, 60)), zarr_format=2)
    metadata = tmp_path / "a.zarr" / ".zarray"
    metadata.write_text(
        json.dumps(json.loads(metadata.read_text()) | {"filters": [{"id": "pickle"}]})
    )
    with pytest.raises(BadFileError, match="can execute"):
        open_stack(tmp_path / "a.zarr")


@pytest.mark.parametrize("version", [2, 3])
def test_the_word_pickle_in_an_attribute_is_not_a_pickle(tmp_path, version):
    zarr.create_array(
        tmp_path / "a.zarr",
        data=grey_stack((2, 50, 60)),
        zarr_format=version,
        attributes={"sample": "pickled gherkins", "name": "pickle"},
    )
    assert open_stack(tmp_path / "a.zarr").data.shape == (2, 50, 60)
