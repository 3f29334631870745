"""The finest level of an OME-Zarr image, with its axes, scale and units, and invalid metadata."""

import pytest

from napari_oneshot_color.stacks.ome_zarr import Level, finest_level

AXES = [
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space"},
]


def image(scale=(2, 0.5, 0.5), axes=AXES, more=None):
    dataset = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}
    return {"axes": axes, "datasets": [dataset, {"path": "1"}]} | (more or {})


@pytest.mark.parametrize("nested", [False, True])
def test_first_dataset_is_the_finest(nested):
    attributes = {"multiscales": [image()]}
    found = finest_level({"ome": attributes} if nested else attributes)
    assert found == Level("0", ("z", "y", "x"), (2, 0.5, 0.5), ("micrometer", "micrometer", ""))


def test_scale_of_the_whole_image_multiplies_the_levels():
    whole = {"coordinateTransformations": [{"type": "scale", "scale": [10, 1, 1]}]}
    found = finest_level({"multiscales": [image(more=whole)]})
    assert found.scale == (20, 0.5, 0.5)


def test_axes_of_old_versions_are_bare_names():
    found = finest_level({"multiscales": [image(axes=["z", "y", "x"])]})
    assert found.axes == ("z", "y", "x")
    assert found.units is None


def test_other_groups_hold_no_image():
    assert finest_level({}) is None
    assert finest_level({"multiscales": []}) is None


@pytest.mark.parametrize(
    "broken",
    [
        image(scale=(1, 1)),
        image(scale=(1, -1, 1)),
        image(scale=(1, float("nan"), 1)),
        {"axes": AXES},
        {"axes": AXES, "datasets": [{"path": 7}]},
        {"axes": [{"unit": "m"}], "datasets": [{"path": "0"}]},
    ],
)
def test_contradictory_metadata_are_refused(broken):
    with pytest.raises(ValueError, match=r"axes|path|incomplete"):
        finest_level({"multiscales": [broken]})
