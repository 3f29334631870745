"""The widget that opens the tab "Colorize"."""

from napari_oneshot_color.plugin.colorize_widget import ColorizeWidget
from napari_oneshot_color.plugin.panel import TITLE


def test_widget_opens_the_panel_at_its_tab_and_disappears(real_viewer, until):
    dock, door = real_viewer.window.add_plugin_dock_widget(
        "napari-oneshot-color", "Colorize from example"
    )
    assert type(door) is ColorizeWidget
    assert dock.isHidden()
    assert door.tab is door.panel.colorize
    assert door.panel.tabs.tabText(door.panel.tabs.currentIndex()) == "Colorize"
    until(lambda: list(real_viewer.window.dock_widgets) == [TITLE])
