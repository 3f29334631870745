"""What a run in the viewer is made from: the layers as they were when it began."""

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
        One, or a handful.
    weights : tuple of float
        How often training patches come from each.
    target : LayerImage
        What is coloured.
    """

    sources: tuple[LayerImage, ...]
    weights: tuple[float, ...]
    target: LayerImage

    @property
    def title(self) -> str:
        """What a colorizer that learnt from the sources is called."""
        more = f" + {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return f"{self.sources[0].name}{more} ({self.target.name})"

    @property
    def has_one_contrast(self) -> bool:
        """Whether the same values are black and white in all sources."""
        return len({source.limits for source in self.sources}) == 1

    @property
    def notes(self) -> list[str]:
        """Sentences about what was chosen."""
        return [note for image in (*self.sources, self.target) for note in image.notes]

    def roles(self) -> Iterator[tuple[str, LayerImage]]:
        """Name every image as its file in a saved result is named."""
        for number, source in enumerate(self.sources, start=1):
            yield f"source_{number}" if number > 1 else "source", source
        yield "target", self.target

    def paths(self) -> list[str]:
        """Say where the sources and the target can be read from, in this order."""
        return [input_path(image, role) for role, image in self.roles()]


def input_path(image: LayerImage, role: str) -> str:
    """Name the file that a layer came from, or else the one that a saved result has.

    A layer may hold less than its file, such as one channel or level, and a file may change.

    Parameters
    ----------
    image : LayerImage
        A source or the target.
    role : str
        Its name in `Inputs.roles`.
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
    """Count the pixels of a layer's image, or of one slice; None where there is no layer."""
    if layer is None:
        return None
    shape: tuple[int, ...] = (layer.data[0] if layer.multiscale else layer.data).shape
    return math.prod(shape[-3:-1] if layer.rgb else shape[-2:])
