"""The journal of a run over many files, from which the run can be resumed."""

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
"""Name of the journal in the folder; each line is a JSON object."""


_LARGEST = 2**30  # bytes: more than a million files


class Journal:
    """The outputs of a folder that were begun and finished, with their targets and options.

    A file gets a line when it is planned, and another with its target's checksum when it is
    finished. Lines are only appended, and each is on disk before the run continues. The last
    line may be incomplete if the process was killed; it is then ignored.

    Parameters
    ----------
    folder : Path
        Folder of the outputs, which need not exist.
    options : mapping
        JSON-compatible options that affect the outputs.

    Raises
    ------
    BadFileError
        If the journal cannot be read.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._path = folder / NAME
        self._options = dict(options)
        self._last_lines: dict[str, dict[str, Any]] = {}
        self._torn = False
        for line in self._lines():
            self._last_lines[line["output"]] = line

    def is_known(self, output: str) -> bool:
        """Return whether an output was begun by a run into this folder."""
        return output in self._last_lines

    def is_foreign(self, output: str) -> bool:
        """Return whether an output was begun with other options."""
        return self.is_known(output) and self._last_lines[output].get("options") != self._options

    def is_finished(self, output: str, sha256: str, size: int | None = None) -> bool:
        """Return whether an output was made from a target with this checksum, and has this size."""
        line = self._last_lines.get(output, {})
        return line.get("sha256") == sha256 and line.get("bytes", size) == size

    def begin(self, planned: Iterable[tuple[str, str]]) -> None:
        """Record the planned outputs, before anything is written.

        Parameters
        ----------
        planned : iterable of tuple of str
            Names of the outputs, each with the name of its target.

        Raises
        ------
        BadFileError
            If the folder cannot be written.
        """
        self._add([self._line(output, target) for output, target in planned])

    def finish(self, output: str, target: str, sha256: str, size: int | None = None) -> None:
        """Record that an output is finished.

        Parameters
        ----------
        output, target : str
            Their names.
        sha256 : str
            Checksum of the target.
        size : int, optional
            Size of the output in bytes, if it is a file.

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
    """Check that a line is a valid line of a journal."""
    kinds = {"output": str, "target": str, "options": dict}
    if not isinstance(line, dict) or not all(
        isinstance(line.get(name), kind) for name, kind in kinds.items()
    ):
        raise ValueError("a line names no output, no target or no options")
    return line
