"""Saving from the viewer: into new folders, never over old ones."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_oneshot_color.files.formats import WRITABLE, as_dtype, depth_for, encode_image
from napari_oneshot_color.files.writing import write_atomically
from napari_oneshot_color.plugin.layers.inputs import input_path
from napari_oneshot_color.plugin.layers.snapshot import file_name

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.result.result import Result

__all__ = ["save_colorizer", "save_folder", "save_picture", "save_result", "suggested_name"]


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
    name = suggested_name(inputs)
    numbered = (parent / f"{name}{f' {n}' if n > 1 else ''}" for n in count(1))
    return save_folder(result, inputs, next(path for path in numbered if not path.exists()))


def save_folder(result: Result, inputs: Inputs, folder: Path) -> Path:
    """Write a result to a new folder of any name, as `save_result` does.

    Raises
    ------
    BadFileError
        If there is something already, or it cannot be written.
    """
    if folder.suffix.lower() in WRITABLE:  # of the picture, which the dialog suggested first
        folder = folder.with_suffix("")
    folder = result.save(folder)
    for role, image in inputs.roles():
        if input_path(image, role) == f"{role}.tif":
            write_atomically(folder / f"{role}.tif", encode_image(image.array(), ".tif"))
    return folder


def save_picture(result: Result, inputs: Inputs, path: Path) -> Path:
    """Write the final image alone; a file dialog has asked already whether to replace the file.

    Parameters
    ----------
    result : Result
        What to write, in the target's own depth as far as the format holds it.
    inputs : Inputs
        What it was made from.
    path : Path
        The ending says the format; PNG, if there is none that can be written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    is_asked = path.suffix.lower() in WRITABLE
    path = path if is_asked else path.with_name(f"{path.name}.png")
    depth = depth_for(np.dtype(inputs.target.data.dtype), path.suffix.lower())
    pixels = encode_image(as_dtype(result.final, depth), path.suffix.lower())
    write_atomically(path, pixels, overwrite=is_asked)
    return path


def suggested_name(inputs: Inputs) -> str:
    """Name what a target's result is saved as, without an ending."""
    return f"{file_name(inputs.target.name)} colorized"


def save_colorizer(colorizer: Colorizer, path: Path) -> Path:
    """Write a colorizer; a file dialog has asked already whether to replace the file."""
    if path.suffix != ".safetensors":
        path = path.with_name(path.name + ".safetensors")
        colorizer.save(path)
    else:
        colorizer.save(path, overwrite=True)
    return path
