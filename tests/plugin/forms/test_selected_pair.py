"""What is selected in the list of layers is filled in."""

import numpy as np
import pytest

from napari_oneshot_color.plugin.forms.selected_pair import selected_pair


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (["left", "right"], (["left"], "right")),
        (["right", "left", "other"], (["left", "other"], "right")),
        (["left"], None),
        (["right"], None),
        (["left", "other"], None),
        (["left", "right", "third"], None),
        (["left", "right", "labels"], None),
        ([], None),
    ],
)
def test_one_grey_layer_and_some_in_color_are_a_pair(viewer, layers, source, target, names, pair):
    viewer.add_image(source[::-1], rgb=True, name="other")
    viewer.add_image(target, name="third")
    viewer.add_labels(np.ones((48, 64), int), name="labels")
    viewer.layers.selection = {viewer.layers[name] for name in names}
    found = selected_pair(viewer.layers, lambda layer: True)
    if found is not None:
        found = [layer.name for layer in found[0]], found[1].name
    assert found == pair


def test_layer_that_is_not_offered_is_ignored(viewer, layers, source):
    made = viewer.add_image(source, rgb=True, name="made by a run")
    viewer.layers.selection = {*layers, made}
    colors, gray = selected_pair(viewer.layers, lambda layer: layer != made)
    assert colors == [layers[0]]
    assert gray == layers[1]
