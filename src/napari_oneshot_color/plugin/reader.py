"""The reader for colorizer files that are dropped onto the viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["get_reader"]

_NO_LAYERS = [(None,)]  # tells napari that the file was read


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[Any]] | None:
    """Return the reader if all files have the extension of a colorizer."""
    paths = [path] if isinstance(path, str) else path
    is_ours = all(Path(path).suffix.lower() == ".safetensors" for path in paths)
    return open_colorizers if is_ours else None


def open_colorizers(path: str | Sequence[str]) -> list[Any]:
    """Open the panel at the tab "Apply" and choose the colorizer in it.

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
    from napari_oneshot_color.plugin.panel import open_panel

    panel = open_panel(viewer, "Apply")
    for one in [path] if isinstance(path, str) else path:
        panel.apply.try_to_open(Path(one))
    return _NO_LAYERS
