"""Creates and recognizes the folders of coloured stacks, and leaves foreign ones alone."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zarr

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.json_texts import read_json
from napari_oneshot_color.files.writing import check_name, hidden, make_folder, write_errors_told
from napari_oneshot_color.stacks.windows import Walked

__all__ = ["RECORD", "can_resume", "create", "fingerprint_of", "is_complete"]

RECORD = "napari-oneshot-color"
"""The attribute that marks a store of this program, and holds its provenance."""


def is_complete(path: Path) -> bool:
    """Return whether a folder is a store of this program without missing chunks."""
    return bool(_record_of(path).get("complete"))


def fingerprint_of(path: Path) -> str | None:
    """Return the checksum of what a store's bytes depend on; None for a foreign folder."""
    return _record_of(path).get("fingerprint")


def can_resume(
    path: Path,
    wanted: Mapping[str, Any],
    later: Mapping[str, Any],
    *,
    resume: bool,
    overwrite: bool,
) -> bool:
    """Return whether to continue with a folder; False if it is to be created.

    Parameters
    ----------
    path : Path
        The folder; it need not exist.
    wanted : mapping
        The record of a new store; its ``fingerprint`` is the checksum of what its bytes depend on,
        as far as that is known from the start.
    later : mapping
        What is added to the record once it is known. A store that was left before that is made
        anew.
    resume, overwrite : bool
        As in `stacks.zarr_writing.write_steps`.

    Raises
    ------
    BadFileError
        If it exists, and may be neither continued nor replaced.
    """
    if not os.path.lexists(path):
        return False
    if not (resume or overwrite):
        raise BadFileError(
            f"'{path}' exists already. Choose another name, resume it, or allow overwriting."
        )
    record = _record_of(path)
    if "fingerprint" not in record:
        raise BadFileError(
            f"'{path}' was not made by napari-oneshot-color and is left as it is. Choose another "
            "name."
        )
    is_alike = record["fingerprint"] == wanted["fingerprint"]
    if resume and is_alike and _says(record, later):
        for leftover in path.rglob("*.partial"):
            leftover.unlink(missing_ok=True)
        return True
    is_early = is_alike and _says(record, {key: wanted.get(key) for key in later})
    if resume and not overwrite and not is_early:
        raise BadFileError(
            f"'{path}' was begun with another colorizer, stack or limits, or with other keys. "
            "Choose another name, or overwrite it."
        )
    return False


def _says(record: Mapping[str, Any], notes: Mapping[str, Any]) -> bool:
    return all(record.get(key) == value for key, value in notes.items())


def create(
    path: Path, colored: Walked, described: dict[str, Any], names: tuple[str, ...] | None
) -> None:
    """Create a store without chunks beside its place, then move it there and remove an old one.

    Parameters
    ----------
    path : Path
        The folder; one that exists must be one of this program's.
    colored : Walked
        The stack whose shape, dtype and chunks it has.
    described : dict
        Its attributes.
    names : tuple of str or None
        Names of its axes.

    Raises
    ------
    BadFileError
        If it cannot be written.
    """
    new, old = hidden(path, "new"), hidden(path, "old")
    check_name(path)
    make_folder(path.parent)
    try:
        with write_errors_told(path):
            for leftover in (new, old):
                if leftover.exists():
                    shutil.rmtree(leftover)
            zarr.create_array(
                new,
                shape=colored.shape,
                chunks=colored.chunksize,
                dtype=colored.dtype,
                fill_value=0,
                attributes=described,
                dimension_names=names,
                zarr_format=3,
            )
            if path.exists():
                os.replace(path, old)
            os.replace(new, path)
            if old.exists():
                shutil.rmtree(old)
    except BadFileError:
        with contextlib.suppress(OSError):
            if old.exists() and not path.exists():
                os.replace(old, path)
        raise


def _record_of(path: Path) -> dict[str, Any]:
    """Return this program's record in a store; empty for a foreign folder."""
    try:
        record = read_json(path / "zarr.json")["attributes"][RECORD]
    except (BadFileError, ValueError, KeyError, TypeError):
        return {}
    return record if isinstance(record, dict) else {}
