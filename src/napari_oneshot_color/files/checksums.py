"""Checksums of images, files and folders."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import numpy as np

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places
from napari_oneshot_color.progress import Progress
from napari_oneshot_color.types import AnyArray

__all__ = ["ChecksumBeside", "checksum", "sha256_of", "sha256_of_all"]

_PIECE = 2**24  # bytes
_INTERVAL = 0.1  # seconds between progress reports


def checksum(image: AnyArray) -> str:
    """Return the SHA-256 of an image's shape, dtype and pixels, in hexadecimal.

    The byte order in memory makes no difference, because files do not keep it.
    """
    dtype = image.dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{image.shape} {dtype.str} ".encode())
    for row in image:  # row by row: memory may not hold a copy
        digest.update(np.ascontiguousarray(row, dtype).tobytes())
    return digest.hexdigest()


def sha256_of(
    path: Path, stop: threading.Event, on_read: Callable[[int], object] = lambda size: None
) -> str | None:
    """Return the SHA-256 of a file, or of a folder's files and their names, in hexadecimal.

    Parameters
    ----------
    path : Path
        The file or folder.
    stop : threading.Event
        Once set, the reading ends.
    on_read : callable
        Called with the number of bytes of every piece.

    Returns
    -------
    str or None
        The checksum; None if it was stopped.

    Raises
    ------
    BadFileError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    is_folder = places.is_folder(path)
    try:
        for file in sorted(path.rglob("*")) if is_folder else [path]:
            if is_folder:
                digest.update(
                    f" {file.relative_to(path).as_posix()} ".encode("utf-8", "surrogateescape")
                )
            if file.is_dir():
                continue
            digest.update(f" {file.stat().st_size} ".encode())
            with places.opened(file) as pieces:
                while piece := pieces.read(_PIECE):
                    if stop.is_set():
                        return None
                    digest.update(piece)
                    on_read(len(piece))
    except OSError as error:
        raise BadFileError(
            f"'{path}' cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    return digest.hexdigest()


def sha256_of_all(
    paths: Sequence[Path],
    stop: threading.Event,
    on_read: Callable[[int], object] = lambda size: None,
) -> str | None:
    """Return one SHA-256 for several files that belong together; for one file, `sha256_of`."""
    sums = [sha256_of(path, stop, on_read) for path in paths]
    if len(sums) == 1:
        return sums[0]
    digest = hashlib.sha256()
    for path, own in zip(paths, sums, strict=True):
        if own is None:
            return None
        digest.update(f"{path.name} {own} ".encode(errors="surrogateescape"))
    return digest.hexdigest()


class ChecksumBeside:
    """Computes the SHA-256 of files that belong together, in a thread beside other work.

    Use it as a context manager; the reading ends with the block.

    Parameters
    ----------
    paths : sequence of Path
        As in `sha256_of_all`.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._read = 0
        self._given_up = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._future = self._pool.submit(sha256_of_all, paths, self._given_up, self._count)

    def __enter__(self) -> ChecksumBeside:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._given_up.set()
        self._pool.shutdown()

    @property
    def known(self) -> str | None:
        """Return the checksum, in hexadecimal; None until the files have been read.

        Raises
        ------
        BadFileError
            If a file cannot be read.
        """
        return self._future.result() if self._future.done() else None

    @property
    def progress(self) -> Progress:
        """Return how many MiB have been read; the total is not known."""
        return Progress("reading", self._read // 2**20, 0)

    def waited(self, stop: threading.Event) -> Generator[Progress, None, str | None]:
        """Wait for the checksum, yield the progress, and return it; None if stopped."""
        while self.known is None and not stop.wait(_INTERVAL):
            yield self.progress
        return self.known

    def _count(self, size: int) -> None:
        self._read += size
