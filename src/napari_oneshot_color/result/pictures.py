"""Summary pictures of a result: contact sheet, loss curves, regions, uncertainty."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import PIL.Image
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont
from skimage.segmentation import mark_boundaries

from napari_oneshot_color.files.formats import as_dtype, encode_image
from napari_oneshot_color.pixels.resizing import resized, shrunk
from napari_oneshot_color.progress import LossHistory
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT
from napari_oneshot_color.types import Image

__all__ = ["contact_sheet", "epochs_strip", "loss_curves", "regions_picture", "uncertainty_picture"]

_WIDTH = 1280  # px, of a sheet
_DOTS = 100  # dots per inch of plots
_TALLEST = 2.0  # largest height of a panel, relative to its width
_FLATTEST = 0.3  # smallest relative height beside which a scale is legible
_TITLE = 26  # px above a panel
_LETTERS = 15  # px, font size of titles
_SCALE = 80  # px for a scale and its label
_GAP = 6  # px beside a panel and below its title


def contact_sheet(panels: Mapping[str, Image]) -> bytes:
    """Draw images side by side, four in a row, each below its title.

    Parameters
    ----------
    panels : mapping of str to ndarray
        Titles, and ``(H, W)`` or ``(H, W, 3)`` float32 in [0, 1].

    Returns
    -------
    bytes
        A PNG picture.
    """
    return _grid(panels, columns=4)


def epochs_strip(epochs: Image) -> bytes:
    """Draw the results after every epoch.

    Parameters
    ----------
    epochs : ndarray
        ``(n, h, w, 3)`` float32 in [0, 1].

    Returns
    -------
    bytes
        A PNG picture.
    """
    panels = {f"epoch {number}": image for number, image in enumerate(epochs, start=1)}
    return _grid(panels, columns=min(7, max(1, len(panels))))


def loss_curves(losses: LossHistory) -> bytes:
    """Plot the losses of every training step.

    Returns
    -------
    bytes
        A PNG picture.
    """
    figure = Figure(figsize=(_WIDTH / _DOTS, 4.2))
    figure.subplots_adjust(left=0.06, right=0.99, bottom=0.13, top=0.97, wspace=0.16)
    steps = np.arange(1, len(losses) + 1)
    if losses.is_one:
        axes = figure.subplots()
        axes.plot(steps, losses.reconstruction, lw=1)
        axes.set_xlabel("training step")
        axes.set_ylabel("mean colour difference")
        axes.grid(alpha=0.3)
        return _png(figure)
    adversarial, reconstruction = figure.subplots(1, 2)
    adversarial.plot(steps, losses.discriminator, label="discriminator", lw=1)
    adversarial.plot(steps, losses.cross_entropy, label="generator's cross-entropy", lw=1)
    reconstruction.plot(steps, losses.generator, label="generator, total", lw=1)
    reconstruction.plot(steps, losses.reconstruction, label="generator's reconstruction", lw=1)
    reconstruction.set_yscale("log")
    for axes in (adversarial, reconstruction):
        axes.set_xlabel("training step")
        axes.set_ylabel("loss")
        axes.grid(alpha=0.3)
        axes.legend()
    return _png(figure)


def regions_picture(target: Image, regions: NDArray[np.int32]) -> bytes:
    """Draw the borders of the regions on the target.

    Returns
    -------
    bytes
        A PNG picture, at twice the working size.
    """
    height, width = regions.shape
    doubled = np.kron(regions, np.ones((2, 2), np.int32))
    grey = resized(resized(target, (height, width)), (2 * height, 2 * width))
    drawn = mark_boundaries(grey, doubled, color=(1.0, 0.8, 0.0), mode="inner")
    return encode_image(as_dtype(drawn.astype(np.float32), np.dtype(np.uint8)), ".png")


def uncertainty_picture(uncertainty: Image) -> bytes:
    """Draw the uncertainty, with a scale in units of a* and b*.

    Returns
    -------
    bytes
        A PNG picture.
    """
    ratio = uncertainty.shape[0] / uncertainty.shape[1]
    width = _WIDTH // 2
    image = width - _SCALE
    height = round(image * min(max(ratio, _FLATTEST), _TALLEST))
    figure = Figure(figsize=(width / _DOTS, height / _DOTS))
    axes = figure.add_axes((0, 0, image / width, 1))
    drawn = axes.imshow(uncertainty, cmap="magma", vmin=0, vmax=UNCERTAINTY_LIMIT)
    axes.set_axis_off()
    bar = figure.add_axes(((image + _GAP) / width, 0.04, 16 / width, 0.92))
    figure.colorbar(drawn, cax=bar, label="uncertainty in a*, b*", extend="max")
    return _png(figure)


def _grid(panels: Mapping[str, Image], columns: int) -> bytes:
    width = _WIDTH // columns
    inside = width - 2 * _GAP
    ratios = [image.shape[0] / image.shape[1] for image in panels.values()]
    height = round(inside * min(max(ratios, default=0.1), _TALLEST))
    rows = max(1, -(-len(panels) // columns))
    sheet = PIL.Image.new("RGB", (_WIDTH, rows * (_TITLE + height)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS)
    for number, (title, image) in enumerate(panels.items()):
        row, column = divmod(number, columns)
        left, top = column * width, row * (_TITLE + height)
        draw.text((left + width / 2, top + _TITLE - _GAP), title, "black", font, anchor="ms")
        drawn = _fitted(image, inside, height)
        sheet.paste(
            PIL.Image.fromarray(as_dtype(drawn, np.dtype(np.uint8))),
            (left + (width - drawn.shape[1]) // 2, top + _TITLE + (height - drawn.shape[0]) // 2),
        )
    return encode_image(np.asarray(sheet), ".png")


def _fitted(image: Image, width: int, height: int) -> Image:
    """Resize an image to the largest size that fits into a panel of `width` x `height` px."""
    factor = min(width / image.shape[1], height / image.shape[0])
    fitting = max(1, round(factor * image.shape[0])), max(1, round(factor * image.shape[1]))
    return shrunk(image, fitting) if factor < 1 else resized(image, fitting)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS)
    return buffer.getvalue()
