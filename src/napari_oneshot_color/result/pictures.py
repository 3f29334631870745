"""Pictures of a result that people would rather look at than read."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.segmentation import mark_boundaries

from napari_oneshot_color.pixels.resizing import resized, shrunk
from napari_oneshot_color.progress import LossHistory
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT
from napari_oneshot_color.types import Image

__all__ = ["contact_sheet", "epochs_strip", "loss_curves", "regions_picture", "uncertainty_picture"]

_WIDTH = 12.8  # inches of a sheet
_DOTS = 100  # per inch
_TALLEST = 2.0  # height of a panel, in its widths


def contact_sheet(panels: Mapping[str, Image]) -> bytes:
    """Show images side by side, four in a row, each under its title.

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
    """Show the result after every epoch (Fig. 4).

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
    """Plot the losses of every step (Fig. 3).

    Returns
    -------
    bytes
        A PNG picture.
    """
    figure = Figure(figsize=(_WIDTH, 4.2), layout="constrained")
    steps = np.arange(1, len(losses) + 1)
    if losses.is_one:
        axes = figure.subplots()
        axes.plot(steps, losses.reconstruction, lw=1)
        axes.set_xlabel("training step")
        axes.set_ylabel("mean colour difference")
        axes.grid(alpha=0.3)
        return _png(figure)
    adversarial, reconstruction = figure.subplots(1, 2)
    adversarial.plot(steps, losses.discriminator, label="discriminator, eq. (1)", lw=1)
    adversarial.plot(steps, losses.cross_entropy, label="generator's cross-entropy", lw=1)
    reconstruction.plot(steps, losses.generator, label="generator, eq. (2)", lw=1)
    reconstruction.plot(steps, losses.reconstruction, label="its reconstruction, eq. (3)", lw=1)
    reconstruction.set_yscale("log")
    for axes in (adversarial, reconstruction):
        axes.set_xlabel("training step")
        axes.set_ylabel("loss")
        axes.grid(alpha=0.3)
        axes.legend()
    return _png(figure)


def regions_picture(target: Image, regions: NDArray[np.int32]) -> bytes:
    """Draw the borders of the regions onto the target.

    Returns
    -------
    bytes
        A PNG picture, at twice the working size.
    """
    height, width = regions.shape
    doubled = np.kron(regions, np.ones((2, 2), np.int32))
    grey = resized(resized(target, (height, width)), (2 * height, 2 * width))
    drawn = mark_boundaries(grey, doubled, color=(1.0, 0.8, 0.0), mode="inner")
    figure = Figure(figsize=(2 * width / _DOTS, 2 * height / _DOTS))
    _show(figure.add_axes((0, 0, 1, 1)), drawn)
    return _png(figure)


def uncertainty_picture(uncertainty: Image) -> bytes:
    """Show where the colour may be wrong, with a scale in units of a* and b*.

    Returns
    -------
    bytes
        A PNG picture.
    """
    ratio = uncertainty.shape[0] / uncertainty.shape[1]
    figure = Figure(figsize=(_WIDTH / 2, _WIDTH / 2 * ratio), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(uncertainty, cmap="magma", vmin=0, vmax=UNCERTAINTY_LIMIT)
    axes.set_axis_off()
    figure.colorbar(drawn, label="uncertainty in a*, b*", extend="max")
    return _png(figure)


def _grid(panels: Mapping[str, Image], columns: int) -> bytes:
    rows = max(1, -(-len(panels) // columns))
    ratios = [image.shape[0] / image.shape[1] for image in panels.values()]
    tallest = min(max(ratios, default=0.1), _TALLEST)
    height = _WIDTH / columns * tallest * rows + 0.3 * rows
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    for number, (title, image) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(rows, columns, number)
        axes.set_title(title, fontsize=10)
        _show(axes, _shrunk_to(image, 2 * _WIDTH * _DOTS / columns))
    return _png(figure)


def _shrunk_to(image: Image, width: float) -> Image:
    """Make an image no wider than so many px: a full-size one takes matplotlib gigabytes."""
    factor = width / image.shape[1]
    if factor >= 1:
        return image
    return shrunk(image, (max(1, round(factor * image.shape[0])), max(1, round(width))))


def _show(axes: Axes, image: Image) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="antialiased")
    axes.set_axis_off()


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DOTS)
    return buffer.getvalue()
