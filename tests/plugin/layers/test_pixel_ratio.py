"""The source's scale follows from the layers' units, if both have them."""

import numpy as np
import pytest
from napari.layers import Image

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.layers.geometry import Geometry
from napari_oneshot_color.plugin.layers.pixel_ratio import at_layers_scale, pixel_size_ratio
from napari_oneshot_color.plugin.layers.snapshot import snapshot


def geometry(scale, units=None, shape=(40, 50)):
    return Geometry.of(Image(np.zeros(shape, np.uint8), scale=scale, units=units))


@pytest.mark.parametrize(
    ("source", "target", "ratio"),
    [
        (geometry((2, 2), ("um", "um")), geometry((0.5, 0.5), ("um", "um")), 4),
        (geometry((500, 500), ("nm", "nm")), geometry((2, 2), ("um", "um")), 0.25),
        (geometry((1, 4), ("um", "um")), geometry((0.5, 0.5), ("mm", "um")), 2 / 0.5 / 1000**0.5),
        (geometry((3, 3), ("um", "um")), geometry((3, 3), ("um", "um")), 1),
        (
            geometry((9, 2, 2), ("s", "um", "um"), (3, 40, 50)),
            geometry((7, 1, 1), ("um", "um", "um"), (3, 40, 50)),
            2,
        ),
        (geometry((2, 2)), geometry((1, 1)), None),
        (geometry((2, 2), ("um", "um")), geometry((1, 1)), None),
        (geometry((2, 2), ("um", "pixel")), geometry((1, 1), ("um", "um")), None),
        (geometry((2, 2), ("s", "s")), geometry((1, 1), ("s", "s")), None),
        (geometry((2, 2), ("um", "um")), geometry((1, 1), ("um**2", "um**2")), None),
    ],
)
def test_ratio_of_pixel_sizes(source, target, ratio):
    assert pixel_size_ratio(source, target) == (None if ratio is None else pytest.approx(ratio))


def layer(pixels, scale, **options):
    return snapshot(Image(pixels, scale=(scale, scale), units=("um", "um"), **options), 40)


def test_setting_by_hand_wins(source, target):
    images = layer(source, 2, rgb=True), layer(target, 1)
    assert at_layers_scale(*images, Settings()).source_scale == 2
    by_hand = Settings(source_scale=0.5)
    assert at_layers_scale(*images, by_hand) is by_hand


def test_level_of_a_pyramid_is_taken_into_account(source, target):
    large = np.kron(source, np.ones((4, 4, 1), np.uint8))
    pyramid = layer([large, source], 2, rgb=True, multiscale=True)
    assert pyramid.data.shape == source.shape
    assert at_layers_scale(pyramid, layer(target, 1), Settings()).source_scale == 8


def test_scale_beyond_the_limits_is_left_alone(source, target):
    images = layer(source, 1e6, rgb=True), layer(target, 1)
    assert at_layers_scale(*images, Settings()).source_scale == 0


def test_run_uses_the_scale_and_the_form_shows_it(
    viewer, source, target, open_widget, fill, run, until
):
    units = {"units": ("um", "um")}
    viewer.add_image(source, rgb=True, name="left", scale=(0.9, 0.9), **units)
    right = viewer.add_image(target, name="right", scale=(1, 1), **units)
    widget = open_widget("Colorize from example")
    fill(widget)
    sentence = "By the layers' units, a pixel of the source is 0.9 of the target's."
    until(lambda: sentence in widget.controls.sentence.text())
    run(widget)
    assert widget.result.provenance["settings"]["source_scale"] == pytest.approx(0.9)
    assert widget.settings.fields["source_scale"].value == 0
    assert "source_scale=0.9" in widget.as_python()
    right.units = ("pixel", "pixel")
    viewer.layers["left"].units = ("pixel", "pixel")
    assert widget.check().source_scale == 0
    assert "units" not in widget.controls.sentence.text()
