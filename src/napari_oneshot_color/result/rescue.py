"""Saves what was learnt in another folder if the intended one cannot be written."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_oneshot_color.errors import OneshotColorError

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.result.result import Result

__all__ = ["kept_elsewhere"]

_NAME = "oneshot-color-kept-"


def kept_elsewhere(
    error: OneshotColorError, colorizer: Colorizer, result: Result | None = None
) -> OneshotColorError:
    """Save a colorizer and a result in a new folder after saving them elsewhere has failed.

    The folder is created in the first of these that can be written: the current folder, the
    user's home, the folder for temporary files.

    Parameters
    ----------
    error : OneshotColorError
        The error while saving.
    colorizer : Colorizer
        The trained colorizer.
    result : Result, optional
        The result, if there is one.

    Returns
    -------
    OneshotColorError
        An error of the same class, whose message also names the new folder.
    """
    for parent in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError, OneshotColorError):
            folder = Path(tempfile.mkdtemp(prefix=_NAME, dir=parent))
            try:
                colorizer.save(folder / "colorizer.safetensors")
            except OneshotColorError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            kept = f"The trained colorizer is in '{folder}'."
            if result is not None:
                with contextlib.suppress(OneshotColorError):
                    result.save(folder / "result")
                    kept = f"The result and the trained colorizer are in '{folder}'."
            return type(error)(f"{error} {kept}")
    return type(error)(f"{error} The trained colorizer could not be saved anywhere else, either.")
