"""The one panel: its doors in napari's menus, and what it shows."""

import pytest
from napari._app_model import get_app_model
from qtpy.QtWidgets import QDockWidget

from napari_oneshot_color.plugin.panel import TITLE, OneshotPanel

PLUGIN = "napari-oneshot-color"
ENTRIES = {
    "Colorize from example": "Colorize",
    "Correct colours": "Correct",
    "Where to trust it": "Trust",
    "Apply to more images": "Apply",
}
COMMANDS = {"colorize": "Colorize", "recolor": "Correct", "hints": "Trust", "apply": "Apply"}


@pytest.fixture
def viewer(real_viewer):
    return real_viewer


@pytest.fixture
def panels(viewer, until):
    """Find the viewer's panels, once the doors have gone."""

    def find():
        until(lambda: list(viewer.window.dock_widgets) == [TITLE])
        return [one for one in viewer.window.dock_widgets.values() if type(one) is OneshotPanel]

    return find


@pytest.fixture
def choose():
    """Choose an entry of napari's menus."""
    return lambda command: get_app_model().commands.execute_command(f"{PLUGIN}.{command}").result()


def shown(panel):
    return panel.tabs.tabText(panel.tabs.currentIndex())


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_entry_opens_the_panel_at_its_tab(viewer, panels, entry):
    _, door = viewer.window.add_plugin_dock_widget(PLUGIN, entry)
    [panel] = panels()
    assert panel is door.panel
    assert shown(panel) == ENTRIES[entry]


def test_second_entry_turns_the_panel_that_is_there(viewer, panels, choose):
    for command, name in COMMANDS.items():
        choose(command)
        [panel] = panels()
        panel.colorize.seed.value = 7
        assert shown(panel) == name
    for command, name in reversed(COMMANDS.items()):
        choose(command)
        assert panels() == [panel]
        assert shown(panel) == name
    assert panel.colorize.seed.value == 7


def test_entry_brings_back_a_panel_that_was_hidden(viewer, panels, choose):
    choose("colorize")
    [panel] = panels()
    dock = panel.parent()
    assert isinstance(dock, QDockWidget)
    dock.hide()
    choose("colorize")
    assert panels() == [panel]
    assert not dock.isHidden()


def test_two_entries_at_once_open_one_panel(viewer, panels):
    for entry in ENTRIES:  # as `napari -w napari-oneshot-color` does
        viewer.window.add_plugin_dock_widget(PLUGIN, entry, tabify=True)
    [panel] = panels()
    assert shown(panel) == "Apply"


def test_panel_that_was_closed_is_opened_anew(viewer, panels, choose, click):
    choose("colorize")
    [panel] = panels()
    click(panel.parent().title.close_button)
    choose("apply")
    [again] = panels()
    assert again is not panel
