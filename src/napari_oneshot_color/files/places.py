"""Safe checks of paths: every problem is reported as an error with advice.

`pathlib` raises system errors for folders without permission, names that are too long and circular
links, and reading a pipe with it may block for ever.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from napari_oneshot_color.errors import BadFileError

__all__ = [
    "check_file",
    "content",
    "is_file",
    "is_folder",
    "is_inside",
    "is_there",
    "opened",
    "status",
]

_ABSENT = {errno.ENOENT, errno.ENOTDIR}
_PIECE = 2**24  # bytes
_OTHERS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def status(path: Path) -> os.stat_result | None:
    """Return the status of a path, or None if nothing is there.

    Raises
    ------
    BadFileError
        If access is denied, or the name is not valid.
    """
    try:
        return path.stat()
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise _explained(path, error) from error
    except ValueError as error:  # a zero byte in the name
        raise BadFileError(f"{str(path)!r} is not a file name. Choose another one.") from error


def is_there(path: Path) -> bool:
    """Return whether a path exists; raises like `status`."""
    return status(path) is not None


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder; raises like `status`."""
    found = status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file; raises like `status`."""
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path is `folder` or inside it, following links; neither need exist."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # circular links; a zero byte
        return False


def opened(path: Path, kind: str = "a file in it") -> IO[bytes]:
    """Open a regular file for reading, without ever blocking.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What to choose instead of a folder, for the message.

    Raises
    ------
    BadFileError
        If it is missing, unreadable, or a folder, a pipe or a device.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        found = status(path)
        if found is None:
            raise BadFileError(f"There is no file '{path}'.") from error
        _check_regular(path, found, kind)
        raise _explained(path, error) from error
    except ValueError as error:
        raise BadFileError(f"{str(path)!r} is not a file name. Choose another one.") from error
    try:
        _check_regular(path, os.fstat(file), kind)
    except BadFileError:
        os.close(file)
        raise
    return os.fdopen(file, "rb")


def check_file(path: Path) -> None:
    """Check that a path is a readable regular file; raises like `opened`."""
    opened(path).close()


def content(path: Path, largest: int, kind: str = "a file in it") -> bytes:
    """Return the content of a regular file.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Upper limit of its size in bytes.
    kind : str
        As in `opened`.

    Raises
    ------
    BadFileError
        If it is larger, or for the reasons of `opened`.
    """
    with opened(path, kind) as file:
        pieces = []
        size = 0
        try:
            while piece := file.read(min(_PIECE, largest + 1 - size)):  # the file may be growing
                pieces.append(piece)
                size += len(piece)
                if size > largest:
                    raise BadFileError(
                        f"'{path}' is larger than {largest:,} bytes, too large for this kind of "
                        "file. Choose another one."
                    )
        except OSError as error:
            raise _explained(path, error) from error
    return b"".join(pieces)


def _check_regular(path: Path, found: os.stat_result, kind: str) -> None:
    found_kind = stat.S_IFMT(found.st_mode)
    if found_kind == stat.S_IFREG:
        return
    if found_kind == stat.S_IFDIR:
        raise BadFileError(f"'{path}' is a folder. Choose {kind}.")
    raise BadFileError(
        f"'{path}' is {_OTHERS.get(found_kind, 'no file')}, and only files can be read. Save "
        "its output to a file first."
    )


def _explained(path: Path, error: OSError) -> BadFileError:
    if error.errno == errno.ENAMETOOLONG:
        return BadFileError(f"The name '{path}' is too long. Choose a shorter one.")
    if error.errno == errno.ELOOP:
        return BadFileError(f"'{path}' is a link that leads to itself. Choose another file.")
    reason = error.strerror or error
    return BadFileError(f"'{path}' may not be read: {reason}. Check its permissions.")
