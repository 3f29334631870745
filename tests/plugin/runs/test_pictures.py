"""Layers hold colours as bytes, and numbers as they are."""

import numpy as np
import pytest
from napari.layers import Image
from shown import as_shown

from napari_oneshot_color.plugin.layers.kinds import LAB, LAYERS
from napari_oneshot_color.plugin.runs.pictures import EDITED, Picture, pictures

ALL = {*LAYERS, *LAB}


def test_pictures_come_in_the_order_of_the_layers_with_the_final_one_last(uncertain):
    found = pictures(uncertain, ALL)
    assert list(found)[:3] == ["tiles", "epochs", "merged"]
    assert list(found)[-4:] == [*LAB, "final"]
    assert set(found) == ALL - {"L*a*b*"}


def test_unrequested_and_missing_pictures_are_left_out(vivid):
    assert list(pictures(vivid, {"final", "merged"})) == ["merged", "final"]
    assert "uncertainty" not in pictures(vivid, ALL)
    assert pictures(vivid, ()) == {}


@pytest.mark.parametrize("kind", ["merged", "smoothed", "quickshift", "final"])
def test_colors_are_bytes(vivid, kind):
    picture = pictures(vivid, {kind})[kind]
    assert picture.image is getattr(vivid, kind)
    np.testing.assert_array_equal(picture.pixels, as_shown(picture.image))


def test_lightness_and_color_are_numbers(vivid):
    for channel, kind in enumerate(LAB):
        pixels = pictures(vivid, {kind})[kind].pixels
        np.testing.assert_array_equal(pixels, vivid.lab[..., channel])


def test_regions_are_the_users_own_copy(vivid):
    pixels = pictures(vivid, {"regions"})["regions"].pixels
    np.testing.assert_array_equal(pixels, vivid.regions)
    assert not np.shares_memory(pixels, vivid.regions)


def test_layer_has_its_picture_until_its_data_are_replaced(vivid):
    picture = Picture.of("final", vivid.final)
    layer = Image(picture.pixels, rgb=True)
    assert picture.is_in(layer, picture)
    assert Picture.of("final", vivid.final).is_in(layer, picture)
    assert not picture.is_in(layer, None)
    assert not Picture.of("final", vivid.merged).is_in(layer, picture)
    layer.data = picture.pixels.copy()
    assert not picture.is_in(layer, picture)


def test_edits_change_quickshift_uncertainty_final_and_lab():
    assert set(EDITED) == {"quickshift", "uncertainty", "final", *LAB}
