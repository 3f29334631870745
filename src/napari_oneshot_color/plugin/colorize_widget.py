"""The menu entry of the tab "Colorize"."""

from __future__ import annotations

from napari_oneshot_color.plugin.panel import Door

__all__ = ["ColorizeWidget"]


class ColorizeWidget(Door):
    """Opens the panel at the tab "Colorize"."""

    leads_to = "Colorize"
