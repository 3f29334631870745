"""A hints layer is read when it changes, and its hints are passed to the run."""

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_oneshot_color.plugin.hints import labels
from napari_oneshot_color.plugin.hints.following import HintsFollower

RED = (0.75, 0.25, 0.25)  # exact as float32


class Subject:
    """What the follower needs of a run."""

    def __init__(self, onto):
        self.onto, self.shape = onto, (8, 8)
        self.hints_layer = self.hints = self.drawn = None
        self.told = []

    def set_hints(self, hints, drawn=None):
        self.told.append(hints)
        self.hints, self.drawn = hints, drawn


@pytest.fixture
def layer(viewer):
    colors = labels.colormap_of({1: RED})
    return viewer.add_labels(np.zeros((8, 8), np.uint8), colormap=colors, name="dabs")


@pytest.fixture
def subject(viewer):
    return Subject(viewer.add_image(np.zeros((8, 8)), name="right"))


@pytest.fixture
def follower(viewer, qtbot, threads_end):
    owner = QWidget()
    qtbot.addWidget(owner)
    yield HintsFollower(viewer.layers, owner)
    threads_end()


def test_painting_emits_hints(follower, subject, layer, until):
    follower.take(subject, layer)
    assert subject.hints_layer == layer
    until(lambda: len(subject.told) == 1)
    assert subject.told == [None]
    layer.paint((2, 3), 1)
    until(lambda: len(subject.told) == 2)
    assert subject.hints.colors == {1: RED}
    np.testing.assert_array_equal(subject.hints.labels, layer.data)


def test_unchanged_hints_are_emitted_as_the_same_object(follower, subject, layer, until):
    follower.take(subject, layer)
    layer.paint((2, 3), 1)
    until(lambda: subject.hints is not None)
    hints, drawn = subject.hints, subject.drawn
    layer.refresh()
    layer.events.set_data()
    until(lambda: not follower.soon.isActive() and not follower.reading.is_busy)
    assert subject.hints is hints
    assert subject.drawn is drawn


def test_layer_that_is_no_longer_followed_is_not_read(follower, subject, layer):
    follower.take(subject, layer)
    follower.take(subject, None)
    follower.soon.stop()
    layer.paint((2, 3), 1)
    assert not follower.soon.isActive()


def test_choosing_no_layer_means_no_hints(follower, subject, layer, until):
    follower.take(subject, layer)
    layer.paint((2, 3), 1)
    until(lambda: subject.hints is not None)
    follower.take(subject, None)
    follower.forget()
    assert (subject.hints, subject.hints_layer) == (None, None)
