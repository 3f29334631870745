"""Dropping a colorizer's file onto the viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.apply_widget import ApplyWidget

__all__ = ["get_reader"]

_TITLE = "Apply a trained colorizer (One-shot Color)"  # napari's menu looks for this one
_NO_LAYERS = [(None,)]  # for napari: all is well


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[Any]] | None:
    """Take colorizer files, by their ending; what they hold is looked at when they are read."""
    paths = [path] if isinstance(path, str) else path
    is_ours = all(Path(path).suffix.lower() == ".safetensors" for path in paths)
    return open_colorizers if is_ours else None


def open_colorizers(path: str | Sequence[str]) -> list[Any]:
    """Open the widget "Apply a trained colorizer" and choose the colorizer in it.

    Parameters
    ----------
    path : str or list of str
        Colorizer files; the last one is chosen.

    Returns
    -------
    list
        No layers. Without a window it is empty, which napari reports as nothing read.
    """
    from napari import current_viewer

    viewer = current_viewer()
    if viewer is None:
        return []
    widget = _panel(viewer)
    for one in [path] if isinstance(path, str) else path:
        widget.try_to_open(Path(one))
    return _NO_LAYERS


def _panel(viewer: Any) -> ApplyWidget:
    """Show the panel that is there, or add one as napari's menu does, under the same name."""
    from qtpy.QtWidgets import QDockWidget

    from napari_oneshot_color.plugin.apply_widget import ApplyWidget

    for widget in viewer.window.dock_widgets.values():
        if isinstance(widget, ApplyWidget):
            dock: Any = widget
            while not isinstance(dock, QDockWidget):
                dock = dock.parent()
            dock.show()
            dock.raise_()
            return widget
    panel = ApplyWidget(viewer)
    viewer.window.add_dock_widget(panel, name=_TITLE)
    return panel
