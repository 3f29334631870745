"""Geometry is copied, cut to the plane, stacked, and written for images of another size."""

import numpy as np
import pytest
from napari.layers import Image

from napari_oneshot_color.plugin.layers.geometry import Geometry

PLACE = {"scale": (2, 0.5, 0.25), "translate": (7, 1, 2), "units": ("s", "um", "um")}


@pytest.fixture
def film():
    return Image(np.zeros((3, 10, 20)), axis_labels=("t", "y", "x"), **PLACE)


def test_shape_is_that_of_the_last_two_axes(film):
    assert Geometry.of(film).shape == (10, 20)
    assert Geometry.of(Image(np.zeros((10, 20, 3)), rgb=True)).shape == (10, 20)
    pyramid = [np.zeros((40, 60)), np.zeros((20, 30))]
    assert Geometry.of(Image(pyramid, multiscale=True)).shape == (40, 60)


def test_copy_does_not_follow_the_layer(film):
    geometry = Geometry.of(film)
    film.scale = (1, 1, 1)
    assert geometry.scale.tolist() == [2, 0.5, 0.25]


def test_plane_keeps_the_last_two_axes(film):
    plane = Geometry.of(film).plane()
    assert plane.scale.tolist() == [0.5, 0.25]
    assert plane.translate.tolist() == [1, 2]
    assert plane.affine.shape == (3, 3)
    assert [str(unit) for unit in plane.units] == ["micrometer", "micrometer"]
    assert plane.axis_labels == ("y", "x")


def test_stack_has_an_axis_of_plain_numbers_first(film):
    stacked = Geometry.of(film).plane().stacked("epoch")
    layer = Image(np.zeros((4, 10, 20)), **stacked.arguments((10, 20)))
    assert layer.axis_labels == ("epoch", "y", "x")
    assert layer.scale.tolist() == [1, 0.5, 0.25]
    np.testing.assert_allclose(layer.data_to_world((3, 0, 0)), (3, 1, 2))


@pytest.mark.parametrize("shape", [(5, 10), (20, 80), (10, 20), (3, 7)])
@pytest.mark.parametrize("turned", [{}, {"rotate": 30}, {"shear": [0.4], "rotate": 10}])
def test_image_of_another_size_covers_the_same_area(shape, turned):
    layer = Image(np.zeros((10, 20)), scale=(0.5, 2), translate=(3, -4), **turned)
    other = Image(np.zeros(shape), **Geometry.of(layer).arguments(shape))
    for corner in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        ours, theirs = (
            one.data_to_world(np.multiply(corner, size) - 0.5)
            for one, size in ((layer, (10, 20)), (other, shape))
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_axes_scale_and_units_are_described(film):
    described = Geometry.of(film).described((5, 10))
    assert described == {
        "axes": ("t", "y", "x"),
        "scale": [2.0, 1.0, 0.5],
        "units": ["second", "micrometer", "micrometer"],
    }
    plain = Geometry.of(Image(np.zeros((10, 20)))).described((10, 20))
    assert plain == {"axes": None, "scale": [1.0, 1.0], "units": None}


@pytest.mark.parametrize("labels", [("-2", "-1"), ("axis -2", "axis -1"), ("-2", "x")])
def test_default_axis_numbers_of_napari_are_not_names(labels):
    geometry = Geometry.of(Image(np.zeros((10, 20)), axis_labels=labels))
    assert geometry.described((10, 20))["axes"] is None
