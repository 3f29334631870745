"""The widget that opens the tab "Trust"."""

from napari_oneshot_color.plugin.hints_widget import HintsWidget
from napari_oneshot_color.plugin.panel import TITLE


def test_widget_opens_the_panel_at_its_tab_and_disappears(real_viewer, until):
    dock, door = real_viewer.window.add_plugin_dock_widget(
        "napari-oneshot-color", "Where to trust it"
    )
    assert type(door) is HintsWidget
    assert dock.isHidden()
    assert door.tab is door.panel.trust
    assert door.panel.tabs.tabText(door.panel.tabs.currentIndex()) == "Trust"
    until(lambda: list(real_viewer.window.dock_widgets) == [TITLE])
