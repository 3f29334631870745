"""The widget that opens the tab "Apply"."""

from napari_oneshot_color.plugin.apply_widget import ApplyWidget
from napari_oneshot_color.plugin.panel import TITLE


def test_widget_opens_the_panel_at_its_tab_and_disappears(real_viewer, until):
    dock, door = real_viewer.window.add_plugin_dock_widget(
        "napari-oneshot-color", "Apply to more images"
    )
    assert type(door) is ApplyWidget
    assert dock.isHidden()
    assert door.tab is door.panel.apply
    assert door.panel.tabs.tabText(door.panel.tabs.currentIndex()) == "Apply"
    until(lambda: list(real_viewer.window.dock_widgets) == [TITLE])
