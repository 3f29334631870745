"""One run at a time writes to a place."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

from filelock import FileLock, Timeout

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import make_folder

__all__ = ["only_writer"]


@contextlib.contextmanager
def only_writer(path: Path) -> Generator[None, None, None]:
    """Keep other runs on this computer away from a file or folder until this one ends.

    A hidden file beside it is locked, which the system undoes if the process is lost. On a file
    system without locks nobody is kept away.

    Parameters
    ----------
    path : Path
        It need not exist; the folder that it is in is made.

    Raises
    ------
    BadFileError
        If another run is writing to it, or the folder cannot be made.
    """
    make_folder(path.parent)
    lock = FileLock(path.with_name(f".{path.name}.lock"), blocking=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise BadFileError(
            f"Another run is writing to '{path}'. Wait until it ends, or choose another place."
        ) from error
    except (OSError, NotImplementedError):
        pass  # where nothing can be written, the user is told when that is tried
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink()
            lock.release()
