"""Saving from the viewer, always to new folders."""

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
    """Write a result to a new folder, with input images that did not come from a file.

    Parameters
    ----------
    result : Result
        The result.
    inputs : Inputs
        Its inputs.
    parent : Path
        The folder in which the new one is created, named after the target.

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
    """Write a result to a given new folder, like `save_result`.

    Raises
    ------
    BadFileError
        If the folder exists or cannot be written.
    """
    if folder.suffix.lower() in WRITABLE:  # suggested by the dialog for a picture
        folder = folder.with_suffix("")
    folder = result.save(folder)
    for role, image in inputs.roles():
        if input_path(image, role) == f"{role}.tif":
            write_atomically(folder / f"{role}.tif", encode_image(image.array(), ".tif"))
    return folder


def save_picture(result: Result, inputs: Inputs, path: Path) -> Path:
    """Write only the final image; the file dialog has already asked about replacing a file.

    Parameters
    ----------
    result : Result
        The result; it is written in the target's depth as far as the format supports it.
    inputs : Inputs
        Its inputs.
    path : Path
        The file; its extension determines the format, PNG by default.

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
    """Return a file name for a target's result, without extension."""
    return f"{file_name(inputs.target.name)} colorized"


def save_colorizer(colorizer: Colorizer, path: Path) -> Path:
    """Write a colorizer; the file dialog has already asked about replacing a file."""
    if path.suffix != ".safetensors":
        path = path.with_name(path.name + ".safetensors")
        colorizer.save(path)
    else:
        colorizer.save(path, overwrite=True)
    return path
