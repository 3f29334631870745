"""Folders tried out before work that would be in vain, and a place for what it taught if it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from napari_oneshot_color.errors import BadFileError, OneshotColorError

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.result.result import Result

__all__ = ["check_writable", "kept_elsewhere"]

_PROBE = bytes(4096)
_NAME = "oneshot-color-kept-"


def check_writable(folder: Path) -> None:
    """Make sure, by writing, that files can be written into a folder; it is left as it was.

    Parameters
    ----------
    folder : Path
        It need not be there yet.

    Raises
    ------
    BadFileError
        If it cannot be made, or not be written to.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".trying-") as probe:
            probe.write(_PROBE)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise BadFileError(
            f"Files cannot be written to '{folder}': {error.strerror or error}. Check the folder, "
            "its permissions and the free space, or choose another one."
        ) from error
    finally:
        for place in missing:
            with contextlib.suppress(OSError):
                place.rmdir()


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
        Of the same class; its sentence also says where it is now.
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
