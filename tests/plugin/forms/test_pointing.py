"""Clicks on the canvas reach the receiver that waits for them, until Esc."""

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_oneshot_color.plugin.forms.pointing import Place, Pointing, layers_under


@pytest.fixture
def clicks():
    return []


@pytest.fixture
def owner(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def pointing(viewer, owner, clicks):
    made = Pointing(viewer, lambda viewer, place: clicks.append(place), owner=owner)
    yield made
    made.stop()


@pytest.fixture
def press(viewer):
    """Press the mouse at a place, move it over the screen by some px, and let go."""

    def do(*position, moved=0):
        event = SimpleNamespace(type="mouse_press", position=position, viewbox=(0, 0), pos=(9, 9))
        presses = [callback(viewer, event) for callback in viewer.mouse_drag_callbacks[:1]]
        for kind, pos in (("press", (9, 9)), ("move", (9 + moved, 9)), ("release", (9, 9))):
            event.type, event.pos = f"mouse_{kind}", pos
            for one in presses:
                next(one, None)

    return do


def test_click_is_reported_at_the_position_of_the_press(pointing, press, clicks):
    pointing.start()
    press(2, 3, moved=4)
    assert clicks == [Place((2, 3), (0, 0))]


def test_drag_is_not_a_click(pointing, press, clicks):
    pointing.start()
    press(2, 3, moved=20)
    assert clicks == []


def test_another_tool_of_the_active_layer_goes_first(viewer, pointing, press, clicks):
    pointing.start()
    labels = viewer.add_labels(np.zeros((8, 8), int))
    labels.mode = "paint"
    press(2, 3)
    assert clicks == []
    pointing.stop()
    assert labels.mode == "paint"


def test_escape_is_reported_only_while_waiting(pointing, owner, qtbot):
    told = []
    pointing.escaped.connect(lambda: told.append("Esc"))
    qtbot.keyClick(owner, Qt.Key.Key_Escape)
    pointing.start()
    qtbot.keyClick(owner, Qt.Key.Key_A)
    qtbot.keyClick(owner, Qt.Key.Key_Escape)
    pointing.stop()
    qtbot.keyClick(owner, Qt.Key.Key_Escape)
    assert told == ["Esc"]


def test_only_one_receiver_waits_at_a_time(viewer, pointing, owner):
    other = Pointing(viewer, lambda viewer, place: None, owner=owner)
    told = []
    pointing.escaped.connect(lambda: told.append("Esc"))
    pointing.start()
    other.start()
    assert told == ["Esc"]
    other.stop()


def test_outside_of_a_grid_all_layers_are_under_the_mouse(viewer):
    viewer.add_image(np.zeros((8, 8)), name="one")
    viewer.add_image(np.zeros((8, 8)), name="two")
    under = layers_under(viewer, Place((2, 3), (0, 0)))
    assert [layer.name for layer in under] == ["one", "two"]
