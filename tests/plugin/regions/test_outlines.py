"""Regions are outlined while they are edited, and look as before after that."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.regions.outlines import Outlines


@pytest.fixture
def layer(viewer):
    return viewer.add_labels(np.kron([[1, 2], [3, 4]], np.ones((4, 4), int)), visible=False)


def test_chosen_region_is_outlined_brightest(viewer, layer):
    layer.visible = True
    outlines = Outlines(viewer.layers, layer, False)
    layer.selected_label = 3
    assert (layer.contour, layer.opacity) == (1, 1)
    shown = layer.colormap.color_dict
    assert shown[3][3] == 1
    assert 0 < shown[None][3] < 1
    assert shown[0][3] == 0
    outlines.end()


def test_layer_looks_as_before_at_the_end(viewer, layer):
    before = layer.contour, layer.opacity, layer.colormap
    layer.visible = True
    outlines = Outlines(viewer.layers, layer, False)
    outlines.end()
    assert (layer.contour, layer.opacity, layer.colormap) == before
    assert not layer.visible
    layer.selected_label = 2
    assert layer.colormap == before[2]


def test_removed_layer_is_left_alone(viewer, layer):
    outlines = Outlines(viewer.layers, layer, False)
    viewer.layers.clear()
    outlines.end()
    assert layer.contour == 1
