"""The files that are to be coloured: found, named and opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

from napari_oneshot_color.errors import BadFileError, OneshotColorError
from napari_oneshot_color.files.decoding import READABLE
from napari_oneshot_color.stacks.stored import StoredStack
from napari_oneshot_color.stacks.tiff_reading import open_tiff_stack
from napari_oneshot_color.stacks.zarr_reading import is_zarr, open_stack

__all__ = ["Target", "expanded"]

_TIFF = (".tif", ".tiff")


@dataclass(frozen=True)
class Target:
    """A file or zarr folder that is to be coloured.

    Attributes
    ----------
    path : Path
        Where it lies.
    """

    path: Path

    @property
    def output_name(self) -> str:
        """What its coloured version is called."""
        suffix = ".zarr" if self.path.is_dir() else self.path.suffix.lower()
        return f"{self.path.stem}_colorized{suffix}"

    def open_stack(self) -> StoredStack | None:
        """Open it as a stack, lazily; None if it is a single image, better read whole.

        Raises
        ------
        BadFileError
            If it is a stack that cannot be read.
        BadPairError
            If it is a stack in colour.
        """
        if self.path.is_dir():
            return open_stack(self.path)
        return open_tiff_stack(self.path) if self.path.suffix.lower() in _TIFF else None

    def chunk_count(self) -> int:
        """Count the parts it is coloured in; 1 for an image, and for what cannot be read."""
        try:
            stack = self.open_stack()
        except OneshotColorError:
            return 1
        if stack is None:
            return 1
        return int(prod(stack.data.shape[:-2]) * prod(stack.data.numblocks[-2:]))


def expanded(paths: Sequence[Path], output: Path) -> list[Path]:
    """List the targets, each once; folders stand for the images and zarr folders in them.

    Parameters
    ----------
    paths : sequence of Path
        As the user gave them.
    output : Path
        The folder of the outputs. Those that lie there already are no targets, so that the two
        folders may be the same.

    Raises
    ------
    BadFileError
        If a path does not exist, or nothing is left.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise BadFileError(f"There is no file '{path}'.")
        inside = [path] if path.is_file() or is_zarr(path) else sorted(path.iterdir())
        for one in inside:
            is_image = one.suffix.lower() in READABLE or is_zarr(one)
            if one is path or (is_image and not one.name.startswith(".")):
                found.setdefault(one.absolute(), one)
    outputs = {output.absolute() / Target(path).output_name for path in found.values()}
    left = [path for absolute, path in found.items() if absolute not in outputs]
    if not left:
        raise BadFileError("There is no target: the folders hold no PNG, JPEG, TIFF or zarr.")
    return left
