"""The door to the tab "Apply"."""

from __future__ import annotations

from napari_oneshot_color.plugin.panel import Door

__all__ = ["ApplyWidget"]


class ApplyWidget(Door):
    """Opens the panel at the tab "Apply"."""

    leads_to = "Apply"
