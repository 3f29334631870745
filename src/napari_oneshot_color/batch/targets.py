"""Finds, names and opens the files to colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from napari_oneshot_color.batch.journal import NAME
from napari_oneshot_color.errors import BadFileError, OneshotColorError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.decoding import READABLE, format_of, suffix_for
from napari_oneshot_color.files.tiff import files_of
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.tiff_reading import open_tiff_stack
from napari_oneshot_color.stacks.video_reading import VIDEOS, is_video, open_video
from napari_oneshot_color.stacks.video_writing import video_suffix_for
from napari_oneshot_color.stacks.zarr_reading import is_zarr, open_stack

__all__ = ["Found", "Target", "expanded"]


@dataclass(frozen=True)
class Target:
    """A file or zarr folder to colour.

    Attributes
    ----------
    path : Path
        Its path.
    """

    path: Path

    @cached_property
    def output_name(self) -> str:
        """File name of its coloured version."""
        if places.is_folder(self.path):
            suffix = ".zarr"
        elif is_video(self.path):
            suffix = video_suffix_for(self.path)
        else:
            suffix = suffix_for(self.path)
        return f"{self.path.stem}_colorized{suffix}"

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """All files that belong to it; some data sets have several."""
        if places.is_folder(self.path) or not _is_tiff(self.path):
            return (self.path,)
        return files_of(self.path)

    def open_stack(self, *, luminance: bool = False) -> StoredStack | None:
        """Open it lazily as a stack; None for a single image that is better read at once.

        Parameters
        ----------
        luminance : bool
            Whether to use the luminance of a stack in colour, such as a toned print or a film.

        Raises
        ------
        BadFileError
            If it is a stack that cannot be read.
        BadPairError
            If it is a stack in colour.
        """
        if places.is_folder(self.path):
            return open_stack(self.path)
        if is_video(self.path):
            return open_video(self.path, luminance=luminance)
        if format_of(self.path) != "TIFF":
            return None
        return open_tiff_stack(self.path, luminance=luminance)

    def chunk_count(self) -> int:
        """Return the number of parts in which it is coloured; 1 for images and unreadable files."""
        try:
            stack = self.open_stack(luminance=True)
        except OneshotColorError:
            return 1
        return 1 if stack is None else stack.chunk_count


@dataclass(frozen=True)
class Found:
    """The targets that the user's paths stand for.

    Attributes
    ----------
    targets : tuple of Target
        The targets, without duplicates.
    passed_over : tuple of Path
        Other files in the folders, and subfolders, which are not entered.
    unreadable : tuple of tuple
        Paths that cannot be opened, each with the reason.
    same : tuple of tuple
        Files of a data set that is already a target, each with a sentence.
    """

    targets: tuple[Target, ...]
    passed_over: tuple[Path, ...]
    unreadable: tuple[tuple[Path, str], ...]
    same: tuple[tuple[Path, str], ...]


def expanded(paths: Sequence[Path], output: Path) -> Found:
    """Find the targets, each once; folders stand for the images and zarr folders in them.

    Parameters
    ----------
    paths : sequence of Path
        The user's paths.
    output : Path
        The folder of the outputs. Existing outputs are not targets, so that both folders may be
        the same.

    Raises
    ------
    BadFileError
        If a path does not exist, or nothing is left.
    """
    found: dict[Path, Target] = {}
    passed_over: list[Path] = []
    unreadable: list[tuple[Path, str]] = []
    for path in paths:
        if not (path.is_symlink() or places.is_there(path)):
            raise BadFileError(f"There is no file '{path}'.")
        if is_zarr(path) and places.is_inside(output, path):
            raise BadFileError(
                f"The output '{output}' lies in the target '{path}', and would become a part of "
                "it. Choose another folder."
            )
        for one in _inside(path, unreadable):
            try:
                suffix = one.suffix.lower()
                is_image = is_zarr(one) or (
                    suffix in READABLE | VIDEOS and not places.is_folder(one)
                )
            except BadFileError as error:
                unreadable.append((one, str(error)))
                continue
            if one is path or is_image:
                found.setdefault(one.absolute(), Target(one))
            elif one.name != NAME:
                passed_over.append(one)
    outputs = {output.absolute() / target.output_name for target in found.values()}
    left = [target for absolute, target in found.items() if absolute not in outputs]
    targets, same = _once(left)
    if not targets:
        sentences = "".join(f" '{path}': {sentence}" for path, sentence in unreadable)
        raise BadFileError(
            "There is no target: the folders hold no image that can be read, and no zarr."
            f"{sentences}"
        )
    return Found(tuple(targets), tuple(passed_over), tuple(unreadable), tuple(same))


def _inside(path: Path, unreadable: list[tuple[Path, str]]) -> Sequence[Path]:
    """List the paths that a path stands for, without hidden files."""
    try:
        if not places.is_folder(path) or is_zarr(path):
            return [path]
        return sorted(one for one in path.iterdir() if not one.name.startswith("."))
    except BadFileError as error:
        unreadable.append((path, str(error)))
    except OSError as error:
        unreadable.append((path, f"It cannot be opened: {error.strerror}."))
    return []


def _once(targets: Sequence[Target]) -> tuple[list[Target], list[tuple[Path, str]]]:
    """Keep a data set of several files only once, as the first file that was named."""
    kept: list[Target] = []
    same: list[tuple[Path, str]] = []
    first: dict[Path, Path] = {}
    for target in targets:
        files = [file.absolute() for file in target.files]
        known = first.get(target.path.absolute()) if len(files) > 1 else None
        if known is not None:
            same.append((target.path, f"It belongs to the data set of '{known.name}'."))
            continue
        kept.append(target)
        if len(files) > 1:
            first |= dict.fromkeys(files, target.path)
    return kept, same


def _is_tiff(path: Path) -> bool:
    try:
        return format_of(path) == "TIFF"
    except BadFileError:
        return False
