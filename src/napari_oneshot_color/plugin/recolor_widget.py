"""The door to the tab "Correct"."""

from __future__ import annotations

from napari_oneshot_color.plugin.panel import Door

__all__ = ["RecolorWidget"]


class RecolorWidget(Door):
    """Opens the panel at the tab "Correct"."""

    leads_to = "Correct"
