"""Edited regions take their colours, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color import colorize
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.record import HintsRecord, Record
from napari_oneshot_color.steering.recoloring import recolor

CHROMA = {
    "network": "chroma",
    "tile_size": 64,
    "working_size": 64,
    "lattice_stride": 32,
    "generated_tiles": 1,
    "learning_rate": 0.002,
    "neighbour_weight": 0.25,
    "correspondence": True,
    "smoothing": "guided",
    "use_regions": False,
}


@pytest.fixture(scope="module")
def chroma(tiny):
    """Make tiny settings for chroma, with some fields changed."""

    def make(**changes):
        return tiny(**{**CHROMA, **changes})

    return make


@pytest.fixture(scope="module")
def scene():
    """A colour image of 64 x 96 px, float32: colour depends on lightness and on place."""
    rng = np.random.default_rng(0)
    grey = np.kron(rng.random((8, 12)), np.ones((8, 8)))
    image = np.stack([grey, 0.5 * grey + 0.2, 1 - grey], axis=-1)
    image[:32] = image[:32, :, ::-1]
    return image.astype(np.float32)


@pytest.fixture(scope="module")
def grey(scene):
    return lightness(scene[..., 1]) / 100


@pytest.fixture(scope="module")
def result(scene, grey, chroma):
    """Result of a tiny run; tests must not change it."""
    return colorize(scene, grey, chroma())


def test_only_edited_regions_leave_the_smooth_colours(result):
    labels = result.regions.copy()
    first, second = np.unique(labels)[:2]
    labels[labels == first] = second
    edited = recolor(result, labels)
    touched = labels == second
    np.testing.assert_array_equal(edited.final[~touched], result.final[~touched])
    assert not np.array_equal(edited.final[touched], result.final[touched])


def test_second_edit_keeps_the_first(result):
    first, second, third, fourth = np.unique(result.regions)[:4]
    labels = np.where(result.regions == first, second, result.regions)
    once = recolor(result, labels)
    twice = recolor(once, np.where(labels == third, fourth, labels))
    touched = labels == second
    np.testing.assert_array_equal(twice.final[touched], once.final[touched])
    assert recolor(once, once.regions).final.tobytes() == once.final.tobytes()


def test_regions_are_edited_before_hints_and_fading(result):
    hints = HintsRecord(colors={}, pixels=0, sha256="")
    for steered in (Record(hints=hints), Record(faded_above=3.0)):
        with pytest.raises(BadPairError, match="Give the result as it was before"):
            recolor(replace(result, record=steered), result.regions)


def test_colour_given_by_hand_shows_in_its_region_alone(result):
    name = int(result.region_names[0])
    edited = recolor(result, result.regions, colors={name: (0.9, 0.2, 0.2)})
    inside = result.regions == name
    np.testing.assert_array_equal(edited.final[~inside], result.final[~inside])
    assert (edited.lab[inside, 1] > result.lab[inside, 1]).all()


def test_regions_that_nobody_edited_change_nothing(result):
    assert recolor(result, result.regions).final.tobytes() == result.final.tobytes()
