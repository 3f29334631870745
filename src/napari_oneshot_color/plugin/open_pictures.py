"""Opens pictures the way the method reads them: upright and in sRGB."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.decoding import READABLE, decode
from napari_oneshot_color.files.picture import Picture
from napari_oneshot_color.files.pixel_sizes import OME_UNITS
from napari_oneshot_color.pair.limits import dtype_limits
from napari_oneshot_color.plugin.runs import notices

if TYPE_CHECKING:
    from napari.components import LayerList

__all__ = ["add_pictures", "open_pictures"]


def open_pictures() -> None:
    """Ask for pictures, and add each as a layer, read like on the command line.

    napari's own reader shows the stored pixels of a photograph, which may lie on its side. A second
    reader for such files would make napari ask each time which one to use.
    """
    from napari import current_viewer

    viewer = current_viewer()
    if viewer is None:
        return
    endings = " ".join(f"*{ending}" for ending in sorted(READABLE))
    paths, _ = QFileDialog.getOpenFileNames(
        None, "Open pictures upright", "", f"Pictures ({endings});;All files (*)"
    )
    add_pictures(viewer.layers, [Path(path) for path in paths])


def add_pictures(layers: LayerList, paths: Sequence[Path]) -> None:
    """Add pictures as layers; report conversions, and files that cannot be read."""
    from napari.layers import Image

    for path in paths:
        try:
            picture = decode(path)
            layers.append(Image(**_layer(path, picture)))
        except (BadFileError, MemoryError) as error:
            notices.notify_error(error)
            continue
        for note in picture.about.notes:
            notices.notify(note)


def _layer(path: Path, picture: Picture) -> dict[str, Any]:
    """Return a picture as layer data for napari."""
    pixels, about = picture.pixels, picture.about
    if pixels.ndim == 3 and pixels.shape[-1] == 2:  # napari supports alpha only in RGBA
        pixels = pixels[..., [0, 0, 0, 1]]
    is_rgb = pixels.ndim > 2 and pixels.shape[-1] in (3, 4)
    arguments: dict[str, Any] = {"data": pixels, "name": path.stem, "rgb": is_rgb}
    limits = dtype_limits(pixels.dtype)
    if limits is not None:
        arguments["contrast_limits"] = limits
    if about.pixel_size is not None and about.pixel_size[2] in OME_UNITS:
        height, width, unit = about.pixel_size
        ahead = pixels.ndim - 2 - is_rgb
        arguments |= {
            "scale": (*[1.0] * ahead, height, width),
            "units": (*["pixel"] * ahead, *[OME_UNITS[unit]] * 2),
        }
    return arguments
