"""The record that a folder keeps of a run over many files, so that the run can be resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.json_texts import parse_json
from napari_oneshot_color.files.writing import make_folder, write_atomically, write_errors_told

__all__ = ["NAME", "Journal"]

NAME = "colorized.jsonl"
"""The record's name in the folder; a line of JSON for each step of a file."""


_LARGEST = 2**30  # bytes: more than a million files


class Journal:
    """Which outputs of a folder were begun and finished, from what and with what.

    A file has a line when it is planned, and one more, with its target's checksum, when it is
    finished. Lines are only added, each on the disk before the run goes on; the last one may be
    torn by a loss of the process and counts for nothing then.

    Parameters
    ----------
    folder : Path
        Where the outputs are; it need not exist.
    options : mapping
        What the outputs follow from beside their targets, as JSON can hold it.

    Raises
    ------
    BadFileError
        If the record cannot be read.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._path = folder / NAME
        self._options = dict(options)
        self._last_lines: dict[str, dict[str, Any]] = {}
        self._torn = False
        for line in self._lines():
            self._last_lines[line["output"]] = line

    def is_known(self, output: str) -> bool:
        """Whether an output was begun by a run into this folder."""
        return output in self._last_lines

    def is_foreign(self, output: str) -> bool:
        """Whether an output was begun with other options."""
        return self.is_known(output) and self._last_lines[output].get("options") != self._options

    def is_finished(self, output: str, sha256: str, size: int | None = None) -> bool:
        """Whether an output was made from a target with this checksum, and has so many bytes."""
        line = self._last_lines.get(output, {})
        return line.get("sha256") == sha256 and line.get("bytes", size) == size

    def begin(self, planned: Iterable[tuple[str, str]]) -> None:
        """Note, before anything is written, what will be.

        Parameters
        ----------
        planned : iterable of tuple of str
            Names of the outputs, each with its target's.

        Raises
        ------
        BadFileError
            If the folder cannot be written.
        """
        self._add([self._line(output, target) for output, target in planned])

    def finish(self, output: str, target: str, sha256: str, size: int | None = None) -> None:
        """Note that an output is there.

        Parameters
        ----------
        output, target : str
            Their names.
        sha256 : str
            The target's checksum.
        size : int, optional
            The output's bytes, where it is a file.

        Raises
        ------
        BadFileError
            If the folder cannot be written.
        """
        finished = {"sha256": sha256} if size is None else {"sha256": sha256, "bytes": size}
        self._add([self._line(output, target) | finished])

    def _line(self, output: str, target: str) -> dict[str, Any]:
        return {"output": output, "target": target, "options": self._options}

    def _add(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        make_folder(self._path.parent)
        if self._torn:
            whole = self._path.read_bytes().rpartition(b"\n")
            write_atomically(self._path, whole[0] + whole[1], overwrite=True)
            self._torn = False
        text = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
        with write_errors_told(self._path), open(self._path, "ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        self._last_lines |= {line["output"]: line for line in lines}

    def _lines(self) -> list[dict[str, Any]]:
        if not places.is_there(self._path):
            return []
        content = places.content(self._path, _LARGEST)
        *whole, rest = content.split(b"\n")
        self._torn = bool(rest)
        try:
            return [_checked(parse_json(line)) for line in whole]
        except ValueError as error:
            raise BadFileError(
                f"The record '{self._path}' is damaged: {error}. Choose another folder, or remove "
                "the record."
            ) from error


def _checked(line: Any) -> dict[str, Any]:
    """Make sure that a line is one of a journal."""
    kinds = {"output": str, "target": str, "options": dict}
    if not isinstance(line, dict) or not all(
        isinstance(line.get(name), kind) for name, kind in kinds.items()
    ):
        raise ValueError("a line names no output, no target or no options")
    return line
