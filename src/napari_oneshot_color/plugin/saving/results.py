"""Saving from the viewer: into new folders, never over old ones."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.files.writing import write_atomically
from napari_oneshot_color.plugin.layers.inputs import input_path
from napari_oneshot_color.plugin.layers.snapshot import file_name

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.result.result import Result

__all__ = ["save_colorizer", "save_result"]


def save_result(result: Result, inputs: Inputs, parent: Path) -> Path:
    """Write a result to a new folder, with the images that came from no file.

    Parameters
    ----------
    result : Result
        What to write.
    inputs : Inputs
        What it was made from.
    parent : Path
        Gets the new folder, named after the target.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    name = file_name(inputs.target.name)
    numbered = (parent / f"{name} colorized{f' {n}' if n > 1 else ''}" for n in count(1))
    folder = result.save(next(path for path in numbered if not path.exists()))
    for role, image in inputs.roles():
        if input_path(image, role) == f"{role}.tif":
            write_atomically(folder / f"{role}.tif", encode_image(image.array(), ".tif"))
    return folder


def save_colorizer(colorizer: Colorizer, path: Path) -> Path:
    """Write a colorizer; a file dialog has asked already whether to replace the file."""
    if path.suffix != ".safetensors":
        path = path.with_name(path.name + ".safetensors")
        colorizer.save(path)
    else:
        colorizer.save(path, overwrite=True)
    return path
