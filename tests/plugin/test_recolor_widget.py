"""The widget that opens the tab "Correct"."""

from napari_oneshot_color.plugin.panel import TITLE
from napari_oneshot_color.plugin.recolor_widget import RecolorWidget


def test_widget_opens_the_panel_at_its_tab_and_disappears(real_viewer, until):
    dock, door = real_viewer.window.add_plugin_dock_widget(
        "napari-oneshot-color", "Correct colours"
    )
    assert type(door) is RecolorWidget
    assert dock.isHidden()
    assert door.tab is door.panel.correct
    assert door.panel.tabs.tabText(door.panel.tabs.currentIndex()) == "Correct"
    until(lambda: list(real_viewer.window.dock_widgets) == [TITLE])
