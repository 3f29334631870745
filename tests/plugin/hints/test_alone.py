"""A target is coloured from hints alone, and again when they change."""

import numpy as np
import pytest
from shown import as_shown

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.hints.alone import HintsAlone
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.steering.hinting import colorize_from_hints


@pytest.fixture
def large(viewer, target):
    return viewer.add_image(np.kron(target, np.ones((2, 2), np.uint8)), name="right")


@pytest.fixture
def alone(viewer, large, threads_end):
    yield HintsAlone(viewer.layers, Session.of(viewer), large)
    threads_end()


def dab(*place):
    labels = np.zeros((96, 128), np.uint8)
    labels[place] = 1
    return Hints(labels, {1: (0.9, 0.2, 0.1)})


def test_target_is_colored_as_soon_as_hints_exist(alone, large, layer_of, until, names):
    hints = dab(20, 30)
    alone.set_hints(None)
    assert not alone.following.is_busy
    alone.set_hints(hints)
    assert alone.hints is hints
    until(lambda: alone.is_colored)
    assert names() == ["right", "final · right"]
    expected = colorize_from_hints(large.data, hints)
    np.testing.assert_array_equal(layer_of("final").data, as_shown(expected))


def test_colored_image_follows_the_hints(alone, large, layer_of, until, names):
    alone.set_hints(dab(20, 30))
    until(lambda: alone.is_colored)
    other = dab(70, 90)
    alone.set_hints(other)
    expected = as_shown(colorize_from_hints(large.data, other))
    until(lambda: np.array_equal(layer_of("final").data, expected))
    alone.set_hints(None)
    until(lambda: np.ptp(layer_of("final").data.astype(int), axis=-1).max() <= 1)
    assert names() == ["right", "final · right"]


def test_removed_layer_is_not_followed_but_created_again(viewer, alone, until, names):
    alone.set_hints(dab(20, 30))
    until(lambda: alone.is_colored)
    viewer.layers.remove("final · right")
    assert not alone.is_colored
    alone.set_hints(dab(70, 90))
    until(lambda: alone.is_colored)
    assert names() == ["right", "final 2 · right"]


def test_target_removed_in_the_meantime_gets_no_layer(viewer, alone, threads_end, qtbot):
    alone.set_hints(dab(20, 30))
    viewer.layers.clear()
    threads_end()
    qtbot.wait(20)
    assert len(viewer.layers) == 0


def test_hints_are_undone_and_redone(alone, large, layer_of, until):
    first, second = dab(20, 30), dab(70, 90)

    def shows(hints):
        expected = as_shown(colorize_from_hints(large.data, hints))
        until(lambda: np.array_equal(layer_of("final").data, expected))

    assert not alone.can_undo
    alone.set_hints(first)
    until(lambda: alone.is_colored)
    alone.set_hints(second)
    shows(second)
    alone.undo()
    shows(first)
    alone.redo()
    shows(second)
    assert not alone.can_redo
    alone.start_over()
    assert (alone.hints, alone.hints_layer, alone.is_corrected) == (None, None, False)
    alone.undo()
    shows(second)


def test_hints_lie_on_the_target_itself(alone, large):
    assert alone.onto is large
    assert alone.shape == (96, 128)
    assert alone.hints_name == "hints · right"
