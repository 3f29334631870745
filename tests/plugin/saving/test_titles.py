"""Titles of runs show the preset and the differences from it."""

import pytest

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.layers.inputs import Inputs
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.finished import Finished
from napari_oneshot_color.plugin.saving.titles import description, title


@pytest.fixture
def run(layers, result, finished):
    """A finished run with another seed than its preset has."""
    left, right = (snapshot(layer) for layer in layers)
    inputs = Inputs((left,), (1.0,), right)
    return Finished(inputs, Settings.preset("best", seed=7), result.colorizer, finished)


def test_title_has_the_number_the_differences_and_the_target_if_there_are_several(run):
    assert title(run, is_named=False) == "1 · Best, seed 7"
    assert title(run, is_named=True) == "1 · Best, seed 7 · right"


def test_description_has_the_pair_and_the_preset(run):
    assert description(run) == "'right' from 'left'. Preset 'Best', changed: seed 7."
