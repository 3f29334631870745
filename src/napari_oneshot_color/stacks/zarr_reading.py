"""Opens grey stacks in zarr lazily, as OME-Zarr images or bare arrays."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import zarr

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import claims, places
from napari_oneshot_color.files.json_texts import read_json
from napari_oneshot_color.stacks.ome_zarr import Level, finest_level
from napari_oneshot_color.stacks.stored import PART, StoredStack
from napari_oneshot_color.stacks.windows import Window, Windowed, Wrapping
from napari_oneshot_color.types import AnyArray

__all__ = ["is_zarr", "open_stack"]

_METADATA = ("zarr.json", ".zarray", ".zgroup")
_ATTRIBUTES = ".zattrs"
_JSON = (*_METADATA, _ATTRIBUTES, ".zmetadata")
_MOST_AXES = 16
_MOST_PARTS = 4096  # of a slice; each is a task


def is_zarr(path: Path) -> bool:
    """Return whether a folder is a zarr array or group, or is called ``.zarr``."""
    return places.is_folder(path) and (
        path.suffix.lower() == ".zarr" or any(places.is_file(path / name) for name in _METADATA)
    )


def open_stack(path: str | Path) -> StoredStack:
    """Open a zarr array (v2 or v3) or the finest level of an OME-Zarr image (0.4, 0.5), lazily.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    StoredStack
        With axes, scale and units if its metadata state them.

    Raises
    ------
    BadFileError
        If it is missing, of another kind, or damaged; later, when the data are read, if a chunk is.
    """
    path = Path(path).absolute()  # workers of a cluster may be in another folder
    if not places.is_folder(path):
        raise BadFileError(f"There is no folder '{path}'.")
    try:
        _check_metadata(path)
        found = zarr.open(path, mode="r")
        level = finest_level(dict(found.attrs)) if isinstance(found, zarr.Group) else None
        if isinstance(found, zarr.Group):
            if level is None:
                raise BadFileError(_no_image(path, found))
            _check_metadata(path / level.path)
            found = found[level.path]
        if not isinstance(found, zarr.Array):
            raise ValueError("the level is not an array")
        level = level or _level_of(found)
        if level is not None and len(level.axes) != found.ndim:
            raise ValueError("the axes do not fit the array")
        _check_claim(found, path)
    except (BadFileError, MemoryError):
        raise
    except Exception as error:  # zarr raises many classes, some of its codecs' own
        raise BadFileError(
            f"'{path.name}' is not a zarr array or OME-Zarr image, or is damaged."
        ) from error
    if level is not None and {"y", "x"} <= set(level.axes) and level.axes[-2:] != ("y", "x"):
        raise BadFileError(
            f"The axes of '{path.name}' are {', '.join(level.axes)}. They must end in y, x: "
            "a grey stack, one image after another."
        )
    reader = _Reader(found, path.name)
    chunks = _parts(found.shape, found.chunks)
    meta = np.empty((0,) * found.ndim, found.dtype)

    def part(window: Window) -> da.Array:
        return da.from_array(Windowed(reader, window), chunks=chunks, meta=meta)

    if level is None:
        return StoredStack(found.shape, reader.dtype, chunks, part)
    return StoredStack(
        found.shape, reader.dtype, chunks, part, level.axes, level.scale, level.units
    )


def _check_claim(array: zarr.Array[Any], path: Path) -> None:
    """Refuse an array that claims more than its files can hold, or chunks too large for memory.

    Some chunks may be missing, which stands for their fill value, but not nearly all.
    """
    if not 2 <= array.ndim <= _MOST_AXES or 0 in array.shape:
        raise BadFileError(
            f"'{path.name}' is of shape {array.shape}, and no grey stack, (…, height, width), "
            f"of up to {_MOST_AXES} axes. Choose a part of it."
        )
    if min(array.chunks) < 1:
        raise ValueError("its chunks hold nothing")
    height, width = array.shape[-2:]
    chunk = array.shards or array.chunks
    sides = [min(side, length) for side, length in zip(chunk, array.shape, strict=True)]
    pages = math.prod(array.shape[:-2])
    folder = path / array.path
    stored = _stored(folder, claims.bytes_for(height * width * pages))
    claims.check_parts(path.name, height, width, stored, pages=pages)
    claims.check_whole(
        f"a chunk of {path.name}",
        sides[-2],
        sides[-1],
        stored,
        pages=math.prod(sides[:-2]),
        pixel_bytes=array.dtype.itemsize,
    )


def _stored(folder: Path, enough: int) -> int:
    """Add up the sizes of a folder's files until they are enough, however many files follow."""
    size, folders = 0, [folder]
    while folders and size < enough:
        with os.scandir(folders.pop()) as inside:
            for one in inside:
                if one.is_dir(follow_symlinks=False):
                    folders.append(Path(one.path))
                else:
                    size += one.stat().st_size
                if size >= enough:
                    break
    return size


def _parts(shape: tuple[int, ...], chunks: tuple[int, ...]) -> tuple[int, ...]:
    """Choose the parts that are read: chunks, or groups of them if a slice has very many."""
    sides = list(zip(shape[-2:], chunks[-2:], strict=True))
    if math.prod(-(-length // chunk) for length, chunk in sides) > _MOST_PARTS:
        chunks = (*chunks[:-2], *(chunk * max(1, PART // chunk) for _, chunk in sides))
    return tuple(min(pair) for pair in zip(shape, chunks, strict=True))


@dataclass(frozen=True)
class _Reader(Wrapping):
    """A zarr array that raises clear errors, here and on the workers of a cluster."""

    name: str

    def __getitem__(self, index: Any) -> AnyArray:
        try:
            return np.asarray(self.array[index])
        except MemoryError:
            raise
        except Exception as error:  # the codecs raise many classes, some of their own
            raise BadFileError(f"'{self.name}' cannot be read: a chunk is damaged.") from error

    def __dask_tokenize__(self) -> tuple[str, ...]:
        return str(self.array.store_path), json.dumps(self.array.metadata.to_dict(), default=str)


def _check_metadata(folder: Path) -> None:
    """Refuse metadata that are not JSON, or name pickle, the one codec that executes its input.

    Raises
    ------
    BadFileError
        If they name pickle.
    ValueError
        If they are not JSON of a plausible size.
    """
    for name in _JSON:
        if not places.is_there(folder / name):
            continue
        contents = read_json(folder / name)
        if name == _ATTRIBUTES:
            continue
        if any("pickle" in codec.lower() for codec in _codecs(contents)):
            raise BadFileError(
                f"'{folder.name}' holds pickled objects, which can execute code: it is not opened."
            )


def _codecs(part: Any) -> Iterator[str]:
    """Return everything that could be a codec's name, outside the user's own attributes."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("id", "name") and isinstance(value, str):
                yield value
            elif key != "attributes" and not key.endswith(_ATTRIBUTES):
                yield from _codecs(value)
    elif isinstance(part, list):
        for value in part:
            yield from _codecs(value)


def _no_image(path: Path, group: zarr.Group) -> str:
    inside = sorted(name for name, _ in group.members())
    advice = f" Name a part of it, such as '{path.name}/{inside[0]}'." if inside else ""
    return f"'{path.name}' is a zarr group that is no OME-Zarr image.{advice}"


def _level_of(array: zarr.Array[Any]) -> Level | None:
    """Return the axes of a bare array by its dimension names, if all have one."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return None
    return Level("", tuple(str(name) for name in names), None, None)
