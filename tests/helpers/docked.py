"""Finds a part of the panel in the viewer's window."""

from qtpy.QtWidgets import QDockWidget


def dock_of(widget):
    """Find the dock that a widget lies in."""
    while not isinstance(widget, QDockWidget):
        widget = widget.parent()
    return widget
