"""Writes folders and files atomically, by one run at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import uuid
from collections.abc import Collection, Generator
from pathlib import Path

from filelock import FileLock, Timeout

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places

__all__ = [
    "check_folder",
    "check_name",
    "check_writable",
    "hidden",
    "make_folder",
    "move_files",
    "only_writer",
    "remove_leftovers",
    "write_atomically",
    "write_errors_told",
    "written_whole",
]

_PARTIAL = ".partial"
_PROBE = bytes(4096)
_LONGEST_NAME = 255  # bytes, on nearly all file systems
_LONG_NAME = 160  # leaves room for a dot, a random number and an extension


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Check that a result may be written to a folder.

    Raises
    ------
    BadFileError
        If it is a file, cannot be written, or is not empty and `overwrite` is False.
    """
    check_name(folder)
    for place in (folder, *folder.parents):
        if places.is_folder(place):
            break
        if places.is_there(place):
            raise BadFileError(f"'{place}' is a file, not a folder. Choose another name.")
    try:
        is_full = places.is_folder(folder) and any(folder.iterdir())
    except OSError as error:
        raise BadFileError(
            f"The folder '{folder}' may not be read: {error.strerror}. Check its permissions."
        ) from error
    if is_full and not overwrite:
        raise BadFileError(
            f"The folder '{folder}' is not empty. Choose another one, or allow overwriting."
        )
    check_writable(folder)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents.

    Raises
    ------
    BadFileError
        If it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFileError(
            f"The folder '{folder}' cannot be created: {error.strerror}. Choose another one."
        ) from error


def check_name(path: Path) -> None:
    """Check that the file system accepts a name.

    Raises
    ------
    BadFileError
        If it is too long.
    """
    size = len(os.fsencode(path.name))
    if size > _LONGEST_NAME:
        raise BadFileError(
            f"The name '{path.name}' has {size} bytes; the limit is {_LONGEST_NAME}. Choose a "
            "shorter one."
        )


def hidden(path: Path, ending: str) -> Path:
    """Return a hidden path beside another one, with its name shortened if necessary."""
    return path.with_name(f".{_short(path.name)}.{ending}")


def _short(name: str) -> str:
    raw = os.fsencode(name)
    return name if len(raw) <= _LONG_NAME else hashlib.sha256(raw).hexdigest()


def remove_leftovers(folder: Path, names: Collection[str]) -> None:
    """Remove the temporary files that `write_atomically` leaves if the process is killed.

    Parameters
    ----------
    folder : Path
        A folder to which nothing else is writing.
    names : collection of str
        Names of the files that were being written.
    """
    wanted = {_short(name) for name in names}
    for leftover in folder.glob(f".*{_PARTIAL}"):
        if leftover.name[1:].rsplit(".", 2)[0] in wanted:
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def write_errors_told(path: Path) -> Generator[None, None, None]:
    """Translate system errors while writing into errors with advice.

    Parameters
    ----------
    path : Path
        The file or folder that is written.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise BadFileError(
            f"'{path}' cannot be written: {error.strerror or error}. Check the folder, its "
            "permissions and the free space."
        ) from error


def write_atomically(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file completely or not at all.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    data : bytes
        The whole content.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    BadFileError
        If the file exists and `overwrite` is False, or cannot be written.
    """
    if places.is_there(path) and not overwrite:
        raise BadFileError(f"'{path}' exists already. Choose another name, or allow overwriting.")
    check_name(path)
    temporary = hidden(path, f"{uuid.uuid4().hex}{_PARTIAL}")
    try:
        with write_errors_told(path):
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def written_whole(path: Path) -> Generator[Path, None, None]:
    """Write a temporary file that replaces `path` when the block ends without an error.

    Parameters
    ----------
    path : Path
        The file to replace.

    Yields
    ------
    Path
        The temporary file. It is removed if the block raises.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    temporary = hidden(path, "writing")
    try:
        with write_errors_told(path):
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def only_writer(path: Path) -> Generator[None, None, None]:
    """Lock a file or folder against other runs on this computer.

    A hidden file beside it is locked; the system releases the lock if the process is killed. On a
    file system without locks, this has no effect.

    Parameters
    ----------
    path : Path
        A file or folder, which need not exist; its parent is created.

    Raises
    ------
    BadFileError
        If another run is writing to it, or the parent cannot be created.
    """
    make_folder(path.parent)
    lock = FileLock(hidden(path, "lock"), blocking=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise BadFileError(
            f"Another run is writing to '{path}'. Wait until it ends, or choose another place."
        ) from error
    except (OSError, NotImplementedError):  # NotImplementedError: no locks on this disk
        pass  # an unwritable folder is reported on writing
    try:
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink()
            lock.release()


def move_files(names: list[str], fresh: Path, folder: Path) -> None:
    """Move files into a folder, all or none: on an error, replaced files are restored."""
    old = fresh / "old"
    old.mkdir()
    undo: list[tuple[Path, Path]] = []
    try:
        for name in names:
            if (folder / name).exists():
                os.replace(folder / name, old / name)
                undo.append((old / name, folder / name))
            os.replace(fresh / name, folder / name)
            undo.append((folder / name, fresh / name))
    except OSError:
        for now, before in reversed(undo):
            os.replace(now, before)
        raise


def check_writable(folder: Path) -> None:
    """Check that files can be written to a folder, by writing one and removing it.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist yet.

    Raises
    ------
    BadFileError
        If it cannot be created or written to.
    """
    check_name(folder)
    missing = [place for place in (folder, *folder.parents) if not places.is_there(place)]
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
