"""Each kind of layer is drawn in its own way."""

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_oneshot_color.plugin.layers.kinds import LAB, LAYERS, is_colored, new_layer

IN_COLOR = ["tiles", "epochs", "merged", "smoothed", "quickshift", "final"]


@pytest.mark.parametrize("kind", IN_COLOR)
def test_colors_are_drawn_unstretched(kind):
    pixels = np.full((40, 40, 3), (90, 100, 110), np.uint8)
    layer = new_layer(kind, pixels, {"name": "a"})
    assert isinstance(layer, Image)
    assert layer.rgb
    assert layer.contrast_limits == [0, 255]  # not stretched to its own range
    assert is_colored(kind)


def test_regions_are_labels_in_outline():
    layer = new_layer("regions", np.eye(8, dtype=np.int32), {"name": "a"})
    assert isinstance(layer, Labels)
    assert layer.contour == 1
    assert not is_colored("regions")


@pytest.mark.parametrize(
    ("kind", "colormap", "limits"),
    [
        ("L*", "gray", [0, 100]),
        ("a*", "PiYG", [-100, 100]),
        ("b*", "PiYG", [-100, 100]),
        ("uncertainty", "magma", [0, 30]),
    ],
)
def test_numbers_have_their_own_colormap_and_limits(kind, colormap, limits):
    layer = new_layer(kind, np.zeros((40, 40), np.float32), {"name": "a"})
    assert not layer.rgb
    assert (layer.colormap.name, layer.contrast_limits) == (colormap, limits)
    assert not is_colored(kind)


def test_every_kind_has_help_and_lab_is_one_choice():
    assert [kind for kind in LAYERS if is_colored(kind)] == [*IN_COLOR, "L*a*b*"]
    assert all(help.endswith(".") for help in LAYERS.values())
    assert not set(LAB) & set(LAYERS)
