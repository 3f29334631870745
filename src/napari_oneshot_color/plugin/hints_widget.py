"""The menu entry of the tab "Trust"."""

from __future__ import annotations

from napari_oneshot_color.plugin.panel import Door

__all__ = ["HintsWidget"]


class HintsWidget(Door):
    """Opens the panel at the tab "Trust"."""

    leads_to = "Trust"
