"""Hints in files: the labels as an image, and their colours beside it as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import encode_image, read_image
from napari_oneshot_color.steering.hinting import Color, Hints

__all__ = ["encode_hints", "read_hints"]


def encode_hints(hints: Hints) -> dict[str, bytes]:
    """Write hints as the contents of ``hints.tif`` and ``hints.json``, by these names."""
    colors = {str(label): list(color) for label, color in hints.colors.items()}
    return {
        "hints.tif": encode_image(hints.labels, ".tif"),
        "hints.json": json.dumps(colors, indent=2).encode(),
    }


def read_hints(path: str | Path) -> Hints:
    """Read hints: the image of their labels, and the JSON of the same name beside it.

    Parameters
    ----------
    path : str or Path
        Of the labels: a grey image of integers, such as ``hints.tif``; 0 is no hint. Its
        ``hints.json`` has the sRGB of every label, in [0, 1]: ``{"1": [0.8, 0.3, 0.25]}``.

    Raises
    ------
    BadFileError
        If one of the two cannot be read, or holds something else.
    BadPairError
        If a label has no colour.
    """
    path = Path(path)
    labels = read_image(path)
    if labels.ndim != 2 or labels.dtype.kind not in "ui":
        raise BadFileError(f"'{path.name}' is no image of labels: one number for each pixel.")
    if labels.dtype.kind == "i" and labels.min() < 0:
        raise BadFileError(f"'{path.name}' has negative labels. Number the hints from 1.")
    return Hints(labels, _read_colors(path.with_suffix(".json")))


def _read_colors(path: Path) -> dict[int, Color]:
    try:
        told = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise BadFileError(f"There is no '{path}' with the colours of the hints.") from error
    except (OSError, ValueError) as error:
        raise BadFileError(f"'{path}' cannot be read. Write the hints anew.") from error
    try:
        colors = {int(label): np.array(color, np.float64) for label, color in told.items()}
        fit = all(
            color.shape == (3,) and ((color >= 0) & (color <= 1)).all() for color in colors.values()
        )
    except (AttributeError, TypeError, ValueError):
        fit = False
    if not fit:
        raise BadFileError(
            f"'{path}' must give every label three numbers from 0 to 1: red, green and blue."
        )
    return {label: (color[0], color[1], color[2]) for label, color in colors.items()}
