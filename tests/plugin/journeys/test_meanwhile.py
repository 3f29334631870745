"""What happens while a run is under way: layers and windows come and go."""

import numpy as np
import pytest
from shown import STAGES

from napari_oneshot_color.plugin.tabs.colorize import ColorizeTab

PLUGIN = "napari-oneshot-color"


@pytest.fixture
def kinds():
    """The stages that are shown."""
    return STAGES


@pytest.mark.parametrize("removed", [["left"], ["right"], ["left", "right"]])
def test_run_goes_on_without_the_layers_it_began_with(
    viewer, colorize, hold, gate, finish, names, removed, said
):
    hold(colorize)
    for name in removed:
        viewer.layers.remove(name)
    gate.open()
    finish(colorize)
    assert [name for name in names() if " · " in name] == [f"{kind} · right" for kind in STAGES]
    assert said() == []


def test_target_changed_in_the_middle_does_not_mix_into_the_result(
    colorize, layers, hold, gate, finish, layer_of, target
):
    hold(colorize)
    layers[1].data = np.zeros((10, 10), np.uint8)
    gate.open()
    finish(colorize)
    assert layer_of("final").data.shape == (*target.shape, 3)


def test_result_layer_removed_in_the_middle_does_not_come_back(
    viewer, colorize, hold, gate, finish, talkative, names, until
):
    hold(colorize)
    until(lambda: "tiles · right" in names())
    viewer.layers.remove("tiles · right")
    gate.open()
    finish(colorize)
    assert names()[2:] == [f"{kind} · right" for kind in STAGES[1:]]


def test_failed_run_does_not_use_up_a_number(colorize, steps, run, names, said):
    def fail(training):
        raise MemoryError

    steps(3, fail)
    run(colorize)
    run(colorize)
    assert len(said()) == 1
    assert names()[-1] == "final · right"


def test_widget_destroyed_in_the_middle_does_not_lock_the_others(
    viewer, layers, hold, gate, until, fill, qtbot
):
    widget, other = ColorizeTab(viewer), ColorizeTab(viewer)
    qtbot.addWidget(other)
    for one in (widget, other):
        fill(one)
    hold(widget)
    until(lambda: not other.controls.button.isEnabled())
    widget.deleteLater()
    until(other.controls.button.isEnabled)
