"""What lies at a path, asked so that every answer is a yes, a no, or a sentence.

A folder that may not be entered, a name that is too long, a ring of links: `pathlib` raises what
the system says of them, and waits for ever for what comes out of a pipe.
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
    """Look at what a path leads to; None if there is nothing.

    Raises
    ------
    BadFileError
        If it may not be looked at, or no such name is possible.
    """
    try:
        return path.stat()
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise _told(path, error) from error
    except ValueError as error:  # a zero byte in the name
        raise BadFileError(f"{str(path)!r} is no name of a file. Choose another one.") from error


def is_there(path: Path) -> bool:
    """Whether a path leads to anything; raises as `status` does."""
    return status(path) is not None


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; raises as `status` does."""
    found = status(path)
    return found is not None and stat.S_ISDIR(found.st_mode)


def is_file(path: Path) -> bool:
    """Whether a path leads to a regular file; raises as `status` does."""
    found = status(path)
    return found is not None and stat.S_ISREG(found.st_mode)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or lies in it, links followed; neither need exist."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a ring of links; a zero byte
        return False


def opened(path: Path, kind: str = "a file in it") -> IO[bytes]:
    """Open a regular file for reading; nothing is waited for.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        What is to be chosen instead of a folder.

    Raises
    ------
    BadFileError
        If it is missing, may not be read, or is a folder, a pipe or a device.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        found = status(path)
        if found is None:
            raise BadFileError(f"There is no file '{path}'.") from error
        _check_regular(path, found, kind)
        raise _told(path, error) from error
    except ValueError as error:
        raise BadFileError(f"{str(path)!r} is no name of a file. Choose another one.") from error
    try:
        _check_regular(path, os.fstat(file), kind)
    except BadFileError:
        os.close(file)
        raise
    return os.fdopen(file, "rb")


def check_file(path: Path) -> None:
    """Make sure that a path leads to a regular file that may be read; raises as `opened` does."""
    opened(path).close()


def content(path: Path, largest: int, kind: str = "a file in it") -> bytes:
    """Read a regular file whole.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Bytes that it may have.
    kind : str
        As in `opened`.

    Raises
    ------
    BadFileError
        If it is larger, or as `opened`.
    """
    with opened(path, kind) as file:
        pieces = []
        size = 0
        try:
            while piece := file.read(min(_PIECE, largest + 1 - size)):  # a file may grow meanwhile
                pieces.append(piece)
                size += len(piece)
                if size > largest:
                    raise BadFileError(
                        f"'{path}' has more than {largest:,} bytes, too many for what it should "
                        "be. Choose another file."
                    )
        except OSError as error:
            raise _told(path, error) from error
    return b"".join(pieces)


def _check_regular(path: Path, found: os.stat_result, kind: str) -> None:
    found_kind = stat.S_IFMT(found.st_mode)
    if found_kind == stat.S_IFREG:
        return
    if found_kind == stat.S_IFDIR:
        raise BadFileError(f"'{path}' is a folder. Choose {kind}.")
    raise BadFileError(
        f"'{path}' is {_OTHERS.get(found_kind, 'no file')}, and only files are read. Write what "
        "comes from it into a file first."
    )


def _told(path: Path, error: OSError) -> BadFileError:
    if error.errno == errno.ENAMETOOLONG:
        return BadFileError(f"The name '{path}' is too long. Choose a shorter one.")
    if error.errno == errno.ELOOP:
        return BadFileError(f"'{path}' is a link that leads to itself. Choose another file.")
    reason = error.strerror or error
    return BadFileError(f"'{path}' may not be read: {reason}. Check its permissions.")
