"""A run's own layers are found by reference, whatever the user does with their names."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.own_layers import OwnLayers
from napari_oneshot_color.plugin.runs.pictures import Picture, Sample

IMAGE = np.linspace(0, 1, 12 * 16 * 3, dtype=np.float32).reshape(12, 16, 3)


@pytest.fixture
def own(viewer):
    target = viewer.add_image(np.zeros((12, 16)), name="right", scale=(2, 2), translate=(5, 6))
    made = OwnLayers(viewer.layers, snapshot(target), {"final"})
    made.show("final", IMAGE)
    return made


def test_renamed_layer_still_belongs_to_the_run(own, viewer):
    own.final.name = "mine"
    own.show("final", IMAGE[::-1])
    np.testing.assert_array_equal(
        viewer.layers["mine"].data, Picture.of("final", IMAGE[::-1]).pixels
    )


def test_removed_layer_no_longer_belongs_to_the_run(own, viewer):
    assert own.has(own.final)
    viewer.layers.remove("final · right")
    assert own.final is None
    assert "final" in own
    assert not own.has_layers


def test_unwanted_layers_are_not_added(own, viewer):
    own.show("tiles", IMAGE)
    assert [layer.name for layer in viewer.layers] == ["right", "final · right"]


def test_sample_covers_the_same_area_and_the_whole_is_restored(own):
    whole = own.final.data
    places = own.final.data_to_world((4, 7))
    own.show_sample(Sample(Picture.of("final", IMAGE[1::3, 1::3]), 3))
    assert own.final.data.shape == (4, 5, 3)
    np.testing.assert_allclose(own.final.data_to_world((1, 2)), places)
    own.end_samples()
    assert own.final.data is whole
    np.testing.assert_allclose(own.final.data_to_world((4, 7)), places)


@pytest.mark.parametrize("step", [1, 3])
def test_samples_with_the_same_geometry_are_placed_once(own, step):
    moves = []
    for name in ("scale", "translate", "rotate", "shear", "affine", "units"):
        getattr(own.final.events, name).connect(lambda event: moves.append(event.type))
    some = IMAGE[step // 2 :: step, step // 2 :: step]
    own.show_sample(Sample(Picture.of("final", some), step))
    assert bool(moves) == (step > 1)
    moves.clear()  # napari redraws the layer for each of them
    own.show_sample(Sample(Picture.of("final", some[::-1]), step))
    assert moves == []
    own.end_samples()
    assert bool(moves) == (step > 1)


def test_failed_run_leaves_no_layer(own, viewer):
    own.undo()
    assert [layer.name for layer in viewer.layers] == ["right"]
