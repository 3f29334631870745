"""Layers as keys: which are possible, which are remembered, and how a pyramid counts its slices."""

import dask.array as da
import numpy as np
from napari.layers import Image

from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.stacks.key_layers import (
    KeyLayers,
    as_keys,
    number_of,
    possible_keys,
)


def color(name="frame", shape=(8, 9, 3)):
    return Image(np.zeros(shape, np.uint8), rgb=True, name=name)


def test_keys_are_remembered_in_order_and_forgotten_with_their_layers(viewer):
    target, first, last = Image(np.zeros((5, 8, 9)), name="film"), color("first"), color("last")
    viewer.layers.extend([target, first, last])
    keys = KeyLayers()
    keys.give(target, 4, last)
    keys.give(target, 0, first)
    assert list(keys.of(target).items()) == [(0, first), (4, last)]
    assert keys.of(None) == keys.of(first) == {}
    keys.take_back(target, 0)
    assert keys.of(target) == {4: last}
    viewer.layers.remove(last)
    assert keys.forget_removed(viewer.layers, None) == ""
    assert keys.of(target) == {}
    keys.give(target, 0, first)
    viewer.layers.remove(target)
    keys.forget_removed(viewer.layers, target)
    assert keys.of(target) == {}


def test_single_images_in_color_are_possible():
    film, frame, one = color(shape=(5, 8, 9, 3)), color(), color(shape=(1, 8, 9, 3))
    grey = Image(np.zeros((8, 9)), name="grey")
    assert possible_keys([film, frame, one, grey], None) == [frame, one]
    assert possible_keys([film, frame, one, grey], one) == [frame]


def test_slice_of_a_pyramid_is_counted_in_the_level_that_is_colored():
    sides = (9000, 9000), (900, 900)
    levels = [da.zeros((count, *side), np.uint8) for count, side in zip((8, 4), sides, strict=True)]
    pyramid = Image(levels, multiscale=True)
    assert [number_of(pyramid, (n,)) for n in (0, 5, 7)] == [0, 2, 3]
    assert number_of(Image(np.zeros((8, 9, 9))), (5,)) == 5


def test_lazy_layer_becomes_a_key_with_its_limits():
    lazy = Image(da.full((8, 9, 3), 7, np.uint16), rgb=True, name="lazy", contrast_limits=(0, 20))
    key = as_keys({2: snapshot(lazy)})[2]
    assert (key.name, key.limits) == ("lazy", (0, 20))
    assert type(key.image) is np.ndarray
