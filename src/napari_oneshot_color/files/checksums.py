"""Checksums of images, files and folders."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places
from napari_oneshot_color.types import AnyArray

__all__ = ["checksum", "sha256_of", "sha256_of_all"]

_PIECE = 2**24  # bytes


def checksum(image: AnyArray) -> str:
    """SHA-256 of an image's shape, dtype and pixels, in hexadecimal.

    The order of the bytes in memory makes no difference: files do not keep it.
    """
    dtype = image.dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{image.shape} {dtype.str} ".encode())
    for row in image:  # row by row: a copy of the whole may not fit beside it
        digest.update(np.ascontiguousarray(row, dtype).tobytes())
    return digest.hexdigest()


def sha256_of(path: Path, stop: threading.Event) -> str | None:
    """SHA-256 of a file, or of all files of a folder with their names, in hexadecimal.

    Parameters
    ----------
    path : Path
        The file or folder.
    stop : threading.Event
        Once set, the reading ends.

    Returns
    -------
    str or None
        None if it was stopped.

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
    except OSError as error:
        raise BadFileError(
            f"'{path}' cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    return digest.hexdigest()


def sha256_of_all(paths: Sequence[Path], stop: threading.Event) -> str | None:
    """SHA-256 of several files that belong together, as `sha256_of`; of one, its own."""
    sums = [sha256_of(path, stop) for path in paths]
    if len(sums) == 1:
        return sums[0]
    digest = hashlib.sha256()
    for path, own in zip(paths, sums, strict=True):
        if own is None:
            return None
        digest.update(f"{path.name} {own} ".encode(errors="surrogateescape"))
    return digest.hexdigest()
