"""Layers side by side in the grid, and the view as it was before."""

import inspect

import numpy as np
import pytest

from napari_oneshot_color.plugin.layers.canvas import View, fit_to_shown


def camera_of(viewer):
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def grid_of(viewer):
    return viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid


def place_of(viewer, number):
    """Find a layer's row and column in the grid."""
    if hasattr(viewer, "canvas"):
        return grid_of(viewer).position(number, viewer.layers)
    count = len(viewer.layers)
    return grid_of(viewer).position(count - 1 - number, count)  # older ones count from the top


def test_chosen_layers_are_shown_in_the_grid_in_their_order(viewer, layers):
    other = viewer.add_image(np.zeros((48, 64)), name="other")
    View(viewer).show_side_by_side([layers[0], other])
    assert [layer.visible for layer in viewer.layers] == [True, False, True]
    assert grid_of(viewer).enabled
    places = [place_of(viewer, n) for n in (0, 2)]
    assert places == sorted(places)
    assert places[0] != places[1]


def test_view_is_restored_except_for_newer_layers(viewer, layers):
    grid, camera = grid_of(viewer), camera_of(viewer)
    grid.shape, grid.stride, camera.zoom = (2, 1), 2, 3.5
    layers[0].visible = False
    viewer.layers.selection.active = layers[1]
    view = View(viewer)
    view.show_side_by_side(list(layers))
    viewer.layers.remove("left")
    viewer.add_image(np.zeros((4, 4)), name="new", visible=False)
    view.bring_back()
    assert (grid.enabled, grid.shape, grid.stride) == (False, (2, 1), 2)
    assert camera.zoom == 3.5
    assert [layer.visible for layer in viewer.layers] == [True, False]
    assert viewer.layers.selection.active == layers[1]


@pytest.mark.parametrize("ndim", [2, 3])
def test_view_fits_what_is_shown(viewer, layers, ndim):
    far = viewer.add_image(np.zeros((2, 9, 9) if ndim == 3 else (9, 9)), translate=(5000, 5000))
    far.visible = False
    fit_to_shown(viewer)
    centre = camera_of(viewer).center[-2:]
    takes_some = "layers" in inspect.signature(viewer.reset_view).parameters  # from napari 0.9 on
    if ndim == 2 and takes_some:
        np.testing.assert_allclose(centre, (23.5, 31.5), atol=1)
    assert np.isfinite(camera_of(viewer).zoom)
