"""Hints: colours that the user painted on the target, and their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from napari_oneshot_color.errors import BadFileError, BadPairError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.files.json_texts import read_json
from napari_oneshot_color.pair.checks import as_array, check_kind, is_color
from napari_oneshot_color.record import HintsRecord
from napari_oneshot_color.types import Color, Image

__all__ = ["Hints", "encode_hints", "read_hints"]


@dataclass(frozen=True)
class Hints:
    """Colours painted on some pixels of the target.

    Parameters
    ----------
    labels : ndarray
        ``(H, W)`` integer at the target's full size; 0 means no hint.
    colors : mapping of int to tuple of float
        sRGB in [0, 1] of every label. Only a* and b* are used; the lightness is the target's.

    Raises
    ------
    BadPairError
        If the labels are not a two-dimensional array of integers of 0 or more, or a label has no
        valid colour.
    """

    labels: NDArray[np.integer]
    colors: Mapping[int, Color]

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", as_array(self.labels, "The hints' labels are"))
        check_kind(
            self.colors,
            Mapping,  # type: ignore[type-abstract]
            "The hints' colours are",
            "Give one for each label, such as {1: (0.8, 0.3, 0.25)}.",
        )
        if self.labels.ndim != 2 or self.labels.dtype.kind not in "iu":
            raise BadPairError(
                f"Hints of shape {self.labels.shape} and dtype {self.labels.dtype} are not labels. "
                "Give a two-dimensional array of integers, 0 where there is no hint."
            )
        names = np.unique(self._names).tolist()
        if names and names[0] < 0:
            raise BadPairError(
                f"The hints have a label {names[0]}. Labels must be integers of 0 or more."
            )
        for name in names:
            if name not in self.colors:
                raise BadPairError(f"The hints' label {name} has no colour. Give it one.")
            if not is_color(self.colors[name]):
                raise BadPairError(
                    f"The colour of the hints' label {name} is {self.colors[name]!r}. Give red, "
                    "green and blue from 0 to 1."
                )

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """Flat indices of the hinted pixels, usually few."""
        return np.flatnonzero(self.labels)

    @cached_property
    def _names(self) -> NDArray[np.integer]:
        names: NDArray[np.integer] = self.labels.ravel()[self._places]
        return names

    @cached_property
    def _colors(self) -> Image:
        """a* and b* of every hinted pixel, ``(n, 2)`` float32."""
        used, order = np.unique(self._names, return_inverse=True)
        palette = np.array([self.colors[name] for name in used.tolist()], np.float32)
        ab: Image = rgb2lab(palette.reshape(1, -1, 3))[0, :, 1:].astype(np.float32)
        return ab[order]

    def painted(self, chroma: Image, rows: slice) -> Image:
        """Return a* and b* of some rows, with those of the hints put in.

        Parameters
        ----------
        chroma : ndarray
            ``(h, W, 2)`` float32; not modified.
        rows : slice
            The rows, with start and stop.
        """
        width = self.labels.shape[1]
        first, last = np.searchsorted(self._places, (rows.start * width, rows.stop * width))
        painted = np.array(chroma, np.float32, order="C")
        painted.reshape(-1, 2)[self._places[first:last] - rows.start * width] = self._colors[
            first:last
        ]
        return painted

    def shrunk(self, shape: tuple[int, int]) -> tuple[Image, NDArray[np.bool_]]:
        """Shrink the hints; each pixel becomes the mean of the hints inside it.

        Returns
        -------
        chroma : ndarray
            ``(h, w, 2)`` float32: a* and b*; 0 where there is no hint.
        given : ndarray
            ``(h, w)`` bool: where there are hints.
        """
        height, width = self.labels.shape
        rows, columns = np.divmod(self._places, width)
        # by pixel centres, in integers
        rows = (2 * rows + 1) * shape[0] // (2 * height)
        columns = (2 * columns + 1) * shape[1] // (2 * width)
        cells, size = rows * shape[1] + columns, shape[0] * shape[1]
        count = np.bincount(cells, minlength=size)
        total = [np.bincount(cells, self._colors[:, axis], size) for axis in (0, 1)]
        mean = np.stack(total, axis=-1) / np.maximum(count, 1)[:, None]
        return mean.reshape(*shape, 2).astype(np.float32), (count > 0).reshape(shape)

    def is_like(self, other: Hints | None) -> bool:
        """Return whether other hints have the same labels and colours."""
        return (
            other is not None
            and self.colors == other.colors
            and np.array_equal(self.labels, other.labels)
        )

    def check_size(self, shape: tuple[int, ...]) -> None:
        """Check that the hints have the size of a target.

        Raises
        ------
        BadPairError
            If they have another size.
        """
        if self.labels.shape != shape:
            raise BadPairError(
                f"The hints have shape {self.labels.shape}, but the target has {shape}. Paint "
                "them on a layer of the target's size."
            )

    @property
    def record(self) -> HintsRecord:
        """Return their colours, number and checksum, for the record."""
        used: dict[str, Color] = {}
        for label in np.unique(self._names).tolist():
            red, green, blue = (round(float(part), 4) for part in self.colors[label])
            used[str(label)] = red, green, blue
        return HintsRecord(colors=used, pixels=len(self._places), sha256=checksum(self.labels))


def encode_hints(hints: Hints) -> dict[str, bytes]:
    """Return the contents of the files ``hints.tif`` and ``hints.json``, by name."""
    colors = {str(label): list(color) for label, color in hints.colors.items()}
    return {
        "hints.tif": encode_image(hints.labels, ".tif"),
        "hints.json": json.dumps(colors, indent=2).encode(),
    }


def read_hints(path: str | Path) -> Hints:
    """Read hints: a label image and the JSON file of the same name beside it.

    Parameters
    ----------
    path : str or Path
        The labels, a grey image of integers such as ``hints.tif``; 0 means no hint. The file
        ``hints.json`` contains the sRGB colour of every label, in [0, 1]:
        ``{"1": [0.8, 0.3, 0.25]}``.

    Returns
    -------
    Hints
        The labels with their colours.

    Raises
    ------
    BadFileError
        If one of the files cannot be read, or does not contain hints.
    BadPairError
        If a label has no colour.
    """
    path = Path(path)
    labels = read_image(path)
    if labels.ndim != 2 or labels.dtype.kind not in "ui":
        raise BadFileError(f"'{path.name}' is not a label image, with one integer for each pixel.")
    if labels.dtype.kind == "i" and labels.min() < 0:
        raise BadFileError(f"'{path.name}' has negative labels. Number the hints from 1.")
    return Hints(labels, _read_colors(path.with_suffix(".json")))


def _read_colors(path: Path) -> dict[int, Color]:
    try:
        if not places.is_there(path):
            raise BadFileError(f"There is no '{path}' with the colours of the hints.")
        contents = read_json(path)
    except ValueError as error:
        raise BadFileError(f"'{path}' cannot be read: {error}. Save the hints again.") from error
    try:
        colors = {int(label): color for label, color in contents.items()}
    except (AttributeError, ValueError):
        colors = {0: None}
    if not all(is_color(color) for color in colors.values()):
        raise BadFileError(
            f"'{path}' must give every label three numbers from 0 to 1: red, green and blue."
        )
    return {label: (float(r), float(g), float(b)) for label, (r, g, b) in colors.items()}
