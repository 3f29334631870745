"""A place for what was learnt, where it could not be written where it should be."""

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
    """Keep what was learnt in a new folder, because it could not be written where it should be.

    The folder is made in the current one, in the user's own, or in that for temporary files: in the
    first that takes it.

    Parameters
    ----------
    error : OneshotColorError
        What went wrong.
    colorizer : Colorizer
        What was learnt.
    result : Result, optional
        What was coloured with it, if it was.

    Returns
    -------
    OneshotColorError
        One of the same class; its sentence also says where it is now.
    """
    for parent in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError, OneshotColorError):
            folder = Path(tempfile.mkdtemp(prefix=_NAME, dir=parent))
            try:
                colorizer.save(folder / "colorizer.safetensors")
            except OneshotColorError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            kept = f"The colorizer that was trained is in '{folder}'."
            if result is not None:
                with contextlib.suppress(OneshotColorError):
                    result.save(folder / "result")
                    kept = f"The result and the colorizer that was trained are in '{folder}'."
            return type(error)(f"{error} {kept}")
    return type(error)(f"{error} What was trained could not be kept anywhere else, either.")
