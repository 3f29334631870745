"""Edited regions take their colours, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from napari_oneshot_color import colorize
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.record import HintsRecord, Record
from napari_oneshot_color.steering.recoloring import recolor


@pytest.fixture(scope="module")
def result(scene, grey, chroma):
    """Result of a tiny run; tests must not change it."""
    return colorize(scene, grey, chroma())


def test_only_edited_regions_leave_the_smooth_colors(result):
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
        with pytest.raises(BadPairError, match="Give the result from before"):
            recolor(replace(result, record=steered), result.regions)


def test_color_given_by_hand_shows_in_its_region_alone(result):
    name = int(result.region_names[0])
    edited = recolor(result, result.regions, colors={name: (0.9, 0.2, 0.2)})
    inside = result.regions == name
    np.testing.assert_array_equal(edited.final[~inside], result.final[~inside])
    assert (edited.lab[inside, 1] > result.lab[inside, 1]).all()


def test_unedited_regions_change_nothing(result):
    assert recolor(result, result.regions).final.tobytes() == result.final.tobytes()
