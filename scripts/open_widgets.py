"""Open the panel by every entry of the installed plugin, as a check that nothing is missing."""

from __future__ import annotations

import napari
from npe2 import PluginManager
from qtpy.QtWidgets import QApplication

PLUGIN = "napari-oneshot-color"


def main() -> None:
    """Open a viewer and the panel at every tab, and close it."""
    viewer = napari.Viewer()  # looks for plugins
    widgets = PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []
    assert widgets, "The manifest has no widgets."
    for widget in widgets:
        _, door = viewer.window.add_plugin_dock_widget(PLUGIN, widget.display_name)
        QApplication.processEvents()
        assert door.tab.isVisible(), widget.display_name
        print(widget.display_name)
    viewer.close()


if __name__ == "__main__":
    main()
