"""Layers taken as targets: in grey, and of a stack the slice in view."""

import dask.array as da
import numpy as np
import pytest
from napari.layers import Image

from napari_oneshot_color.plugin.layers.targets import (
    as_target,
    index_in_view,
    is_stack,
    target_in_view,
)


def scan(grey):
    """Store grey as RGB, as a scanner leaves it."""
    noise = np.random.default_rng(0).normal((3, 0, -2), 2, (*grey.shape, 3))
    return np.clip(grey[..., None] + noise, 0, 255).astype(np.uint8)


def layer(data, **options):
    return Image(data, name="cells", rgb=False, **options)


def test_stack_of_scans_is_a_stack_of_grey(target):
    stack = np.stack([scan(target), scan(target[::-1])])
    image = as_target(Image(stack, rgb=True, name="scans"))
    assert image.data.shape == (2, 48, 64)
    assert image.limits is None
    assert np.abs(image.array()[1].astype(int) - target[::-1]).mean() < 3
    assert image.notes == ("'scans' is stored as RGB: its luminance was used.",)


def test_scans_in_memory_are_not_copied_and_grey_as_lazy_ones(target, monkeypatch):
    stack = np.stack([scan(target), np.dstack([target // 2] * 3)])[None]
    lazy = as_target(Image(da.from_array(stack, chunks=(1, 1, 48, 64, 3)), rgb=True)).data
    wrap = da.from_array

    def watched(data, *rest, **options):
        assert not isinstance(data, np.ndarray)  # dask would copy it
        return wrap(data, *rest, **options)

    monkeypatch.setattr(da, "from_array", watched)
    grey = as_target(Image(stack, rgb=True)).data
    assert grey.chunks == lazy.chunks
    np.testing.assert_array_equal(grey, lazy)


@pytest.mark.parametrize(
    ("make", "several"),
    [
        (lambda t: layer(t), False),
        (lambda t: layer(t[None, None]), False),
        (lambda t: layer(t[..., None]), False),
        (lambda t: layer(np.dstack([t, t])), False),
        (lambda t: Image(np.dstack([t] * 3), rgb=True), False),
        (lambda t: layer(np.stack([t, t])), True),
        (lambda t: layer(np.stack([t, t])[..., None]), True),
        (lambda t: layer(da.from_array(np.stack([t, t]))), True),
        (lambda t: Image(np.stack([np.dstack([t] * 3)] * 2), rgb=True), True),
    ],
)
def test_stack_has_more_than_one_image(target, make, several):
    assert is_stack(make(target)) is several
    assert (target_in_view(make(target), (0,) * make(target).ndim).data.ndim == 2) or (
        make(target).rgb
    )


@pytest.mark.parametrize(("z", "number"), [(-50, 0), (8, 0), (13.9, 1), (400, 2)])
def test_slice_is_the_one_that_the_slider_is_nearest_to(stack, z, number):
    cells = layer(stack, scale=(4, 1, 1), translate=(8, 0, 0))
    one = target_in_view(cells, (z, 0, 0))
    np.testing.assert_array_equal(one.data, stack[number])
    assert one.name == f"cells [{number}]"
    assert index_in_view(cells, (z, 0, 0)) == (number,)


def test_slice_has_an_index_on_each_leading_axis(stack):
    cells = layer(da.from_array(np.stack([stack, stack[::-1]]), chunks=(1, 1, 48, 64)))
    one = target_in_view(cells, (1, 2, 0, 0))
    np.testing.assert_array_equal(one.array(), stack[0])
    assert one.name == "cells [1, 2]"
    assert one.notes == ("Slice 1, 2 of 'cells' was used.",)
    assert len(one.geometry.scale) == 2


def test_slice_of_scans_is_grey(target):
    scans = Image(np.stack([scan(target), scan(target[::-1])]), rgb=True, name="scans")
    one = target_in_view(scans, (1, 0, 0))
    assert one.data.shape == (48, 64)
    assert np.abs(one.array().astype(int) - target[::-1]).mean() < 3


def test_slice_of_a_level_that_has_fewer_of_them_lies_at_the_same_height(stack):
    large = np.kron(stack, np.ones((2, 2, 2), np.uint16))
    cells = Image([large, stack], multiscale=True, rgb=False, name="cells")
    np.testing.assert_array_equal(target_in_view(cells, (4, 0, 0)).data, large[4])
    np.testing.assert_array_equal(target_in_view(cells, (4, 0, 0), 48).data, stack[2])


def test_single_image_is_used_whole(target):
    one = target_in_view(layer(target), (0, 0))
    np.testing.assert_array_equal(one.data, target)
    assert one.name == "cells"
    assert index_in_view(layer(target), (0, 0)) == ()
