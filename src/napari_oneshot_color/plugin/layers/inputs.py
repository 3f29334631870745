"""The inputs of a run in the viewer: the state of the layers when it started."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.decoding import read_image

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = ["Inputs", "input_path", "pixel_count"]


@dataclass(frozen=True)
class Inputs:
    """The sources and the target of a run.

    Attributes
    ----------
    sources : tuple of LayerImage
        One or more sources.
    weights : tuple of float
        How often training patches come from each source.
    target : LayerImage
        The target.
    """

    sources: tuple[LayerImage, ...]
    weights: tuple[float, ...]
    target: LayerImage

    @property
    def title(self) -> str:
        """Name of a colorizer that was trained on the sources."""
        more = f" + {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return f"{self.sources[0].name}{more}"

    @property
    def has_one_contrast(self) -> bool:
        """Whether all sources have the same limits."""
        return len({source.limits for source in self.sources}) == 1

    @property
    def notes(self) -> list[str]:
        """Sentences about the layers that were used."""
        return [note for image in (*self.sources, self.target) for note in image.notes]

    def roles(self) -> Iterator[tuple[str, LayerImage]]:
        """Return the name of each image's file in a saved result."""
        for number, source in enumerate(self.sources, start=1):
            yield f"source_{number}" if number > 1 else "source", source
        yield "target", self.target

    def paths(self) -> list[str]:
        """Return the paths from which the sources and the target can be read, in this order."""
        return [input_path(image, role) for role, image in self.roles()]


def input_path(image: LayerImage, role: str) -> str:
    """Return the file of a layer if it is unchanged, or else its file in a saved result.

    A layer may contain only a part of its file, such as one channel or level, and the file may
    have changed.

    Parameters
    ----------
    image : LayerImage
        A source or the target.
    role : str
        Its name from `Inputs.roles`.
    """
    if image.path and _holds(Path(image.path), image):
        return str(Path(image.path).absolute())
    return f"{role}.tif"


def _holds(path: Path, image: LayerImage) -> bool:
    try:
        pixels = read_image(path)
    except (BadFileError, MemoryError):
        return False
    return pixels.dtype == image.data.dtype and np.array_equal(pixels, image.array())


def pixel_count(layer: Image | None) -> int | None:
    """Return the number of pixels of a layer's image, or of one slice; None without a layer."""
    if layer is None:
        return None
    shape: tuple[int, ...] = (layer.data[0] if layer.multiscale else layer.data).shape
    return math.prod(shape[-3:-1] if layer.rgb else shape[-2:])
