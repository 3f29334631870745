"""The next click takes a colour, and the brush that was in hand comes back."""

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_oneshot_color.plugin.forms.eyedropper import Eyedropper


@pytest.fixture
def found():
    return []


@pytest.fixture
def eyedropper(viewer, found, qtbot):
    owner = QWidget()
    qtbot.addWidget(owner)
    made = Eyedropper(viewer, owner)
    made.taken.connect(found.append)
    yield made
    made.stop()


@pytest.fixture
def click(viewer):
    """Press and release the mouse at a place in the world, perhaps after a drag."""

    def do(*position, moves=0):
        event = SimpleNamespace(type="mouse_press", position=position, viewbox=(0, 0), pos=(0, 0))
        presses = [callback(viewer, event) for callback in viewer.mouse_drag_callbacks[:1]]
        kinds = ["mouse_move"] * moves + ["mouse_release"]
        for kind in ["mouse_press", *kinds]:
            event.type = kind
            for press in presses:
                next(press, None)

    return do


def test_color_is_picked_at_the_position_of_the_press(viewer, eyedropper, found, click):
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[2, 3] = 255, 0, 51
    viewer.add_image(picture, rgb=True, name="left")
    eyedropper.start()
    click(2, 3, moves=3)
    assert found == [((1.0, 0.0, 0.2), "left")]


@pytest.mark.parametrize(
    ("picture", "limits", "color"),
    [
        (np.full((8, 8, 3), 32768, np.uint16), (0, 65535), (0.5, 0.5, 0.5)),
        (np.full((8, 8, 3), 1000, np.uint16), (0, 4000), (0.25, 0.25, 0.25)),
        (np.full((8, 8, 3), 0.25, np.float32), (0, 1), (0.25, 0.25, 0.25)),
        (np.full((8, 8, 3), 7.0, np.float32), (0, 1), (1.0, 1.0, 1.0)),
    ],
    ids=["16 bit", "12 bit as displayed", "float", "beyond white"],
)
def test_picked_color_is_the_displayed_one(
    viewer, eyedropper, found, click, picture, limits, color
):
    viewer.add_image(picture, rgb=True, name="left", contrast_limits=limits)
    eyedropper.start()
    click(2, 3)
    [(taken, _)] = found
    assert taken == pytest.approx(color, abs=1e-4)


def test_nothing_is_picked_where_there_is_no_color(viewer, eyedropper, found, click):
    viewer.add_image(np.zeros((8, 8)), name="grey")
    viewer.add_image(np.zeros((8, 8, 4), np.uint8), rgb=True, name="clear")
    eyedropper.start()
    click(2, 3)
    click(100, 100)
    assert found == [None, None]


def test_brush_is_put_aside_and_comes_back(viewer, eyedropper):
    labels = viewer.add_labels(np.zeros((8, 8), int))
    labels.mode = "paint"
    before = list(viewer.mouse_drag_callbacks)
    eyedropper.start()
    eyedropper.start()
    assert labels.mode == "pan_zoom"
    assert len(viewer.mouse_drag_callbacks) == len(before) + 1
    eyedropper.stop()
    eyedropper.stop()
    assert labels.mode == "paint"
    assert viewer.mouse_drag_callbacks == before


def test_brush_of_a_removed_layer_does_not_come_back(viewer, eyedropper):
    labels = viewer.add_labels(np.zeros((8, 8), int))
    labels.mode = "paint"
    eyedropper.start()
    viewer.layers.clear()
    eyedropper.stop()
    assert labels.mode == "pan_zoom"


def test_click_begun_before_the_eyedropper_was_put_away_picks_nothing(viewer, eyedropper, found):
    viewer.add_image(np.zeros((8, 8, 3)), rgb=True)
    eyedropper.start()
    event = SimpleNamespace(type="mouse_press", position=(2, 3), viewbox=(0, 0), pos=(0, 0))
    press = viewer.mouse_drag_callbacks[0](viewer, event)
    next(press)
    eyedropper.stop()
    event.type = "mouse_release"
    next(press, None)
    assert found == []
