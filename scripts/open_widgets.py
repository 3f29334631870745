"""Open every widget that the installed plugin contributes, as a check that nothing is missing."""

from __future__ import annotations

import napari
from npe2 import PluginManager

PLUGIN = "napari-oneshot-color"


def main() -> None:
    """Open a viewer with all widgets, and close it."""
    widgets = PluginManager.instance().get_manifest(PLUGIN).contributions.widgets or []
    assert widgets, "The manifest has no widgets."
    viewer = napari.Viewer()
    for widget in widgets:
        dock, _ = viewer.window.add_plugin_dock_widget(PLUGIN, widget.display_name)
        assert dock.isVisible(), widget.display_name
        print(widget.display_name)
    viewer.close()


if __name__ == "__main__":
    main()
