"""A wrong colour is corrected in the real window, by four clicks or strokes."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session

PLUGIN = "napari-oneshot-color"


@pytest.fixture
def viewer(make_napari_viewer):
    """An empty viewer whose canvas is really drawn."""
    return make_napari_viewer(show=True)


@pytest.fixture
def run(viewer, source, target, vivid):
    """A finished run with its final layer alone, beside its source."""
    viewer.add_image(source, rgb=True, name="left", translate=(0, 70))
    right = viewer.add_image(target, name="right")
    run = Run(viewer.layers, snapshot(right), {"final"})
    run.show_result(vivid)
    Session.of(viewer).add(run)
    return run


@pytest.fixture
def panel(viewer, run, until):
    """The panel, as it is after a run."""
    panel = viewer.window.add_plugin_dock_widget(PLUGIN, "Colorize from example")[1].panel
    viewer.reset_view()
    until(lambda: viewer.screenshot(flash=False)[..., :3].max() > 100)
    return panel


class Hand:
    """Counts what the user does with the mouse."""

    def __init__(self, qtbot, viewer):
        self.count = 0
        self._qtbot, self._viewer = qtbot, viewer

    def click(self, widget, place=None):
        self.count += 1
        middle = place or widget.rect().center()
        self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=middle)

    def turn_to(self, panel, name):
        bar = panel.tabs.tabBar()
        [index] = [n for n in range(bar.count()) if bar.tabText(n) == name]
        self.click(bar, bar.tabRect(index).center())

    def stroke(self, *places):
        """Press the mouse on the canvas at a place in the world, go on to others, and let go."""
        self.count += 1
        canvas = self._viewer.window._qt_viewer.canvas  # there is no public way to click on it
        corner, far = (
            np.array(canvas._map_canvas2world(pixel, canvas.view)) for pixel in ((0, 0), (100, 100))
        )
        pixels = [(np.array(place) - corner) / (far - corner) * 100 for place in places]
        points = [QPoint(round(x), round(y)) for y, x in pixels]
        button = Qt.MouseButton.LeftButton
        self._qtbot.mousePress(canvas.native, button, pos=points[0])
        for point in points[1:]:
            self._qtbot.mouseMove(canvas.native, pos=point)
        self._qtbot.mouseRelease(canvas.native, button, pos=points[-1])


@pytest.fixture
def hand(qtbot, viewer):
    return Hand(qtbot, viewer)


def test_wrong_color_is_corrected_by_painting_in_four_actions(
    panel, hand, run, viewer, source, until, threads_end
):
    before = run.layers.final.data.copy()
    hand.turn_to(panel, "Correct")
    hand.click(panel.correct.colors.pick)
    hand.stroke((10, 70 + 40))
    hand.stroke((20, 30))
    until(lambda: not np.array_equal(run.layers.final.data, before))
    assert hand.count == 4
    hints = viewer.layers["hints · right"]
    assert hints.data[20, 30] == 1
    near = source[7:14, 37:44].reshape(-1, 3) / 255
    assert np.abs(near - hints.get_color(1)[:3]).max(axis=1).min() < 0.01
    hand.click(panel.correct.undo)
    until(lambda: np.array_equal(run.layers.final.data, before))
    threads_end()


def test_wrong_region_gets_a_picked_color_in_five_actions(
    panel, hand, run, viewer, until, threads_end
):
    before = run.layers.final.data.copy()
    hand.turn_to(panel, "Correct")
    hand.click(panel.correct.regions.edit)
    hand.stroke((20, 30))
    hand.click(panel.correct.regions.pick)
    hand.stroke((10, 70 + 40))
    until(lambda: not np.array_equal(run.layers.final.data, before))
    assert hand.count == 5
    label = int(run.result.regions[20, 30])
    assert list(run.steering.region_colors) == [label]
    threads_end()
