"""Where two images show the same thing: dense matches whose neighbours moved the same way."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter
from skimage.color import rgb2lab
from torch import Tensor
from torch.nn.functional import pad

from napari_oneshot_color.lab import lightness
from napari_oneshot_color.resizing import resized

__all__ = ["corresponding"]

Image = NDArray[np.float32]

_MOST_PIXELS = 2**17  # both images are matched at a size at which neither has more
_STEP = 2  # px between the places that are matched, in both images
_REACH = 8  # px from a place to the rim of the patch that describes it, at the finer scale
_SCALES = (1, 2)  # a patch, and one of twice the size and half the detail
_DIMENSIONS = 32  # principal components that are compared
_SAMPLE = 6_000  # places from which the components are taken
_CHUNK = 1024  # places matched at once; bounds the memory
_TOLERANCE = 2  # px by which the shifts of neighbours may differ
_COHERENT = (0.45, 0.75)  # share of agreeing neighbours: not trusted below, trusted above
_UNLIKE = (5.0, 15.0)  # difference in L*: no matter below, not trusted above


def corresponding(source: Image, grey: Image) -> tuple[Image, Image]:
    """Find what a grey image shows of the source, and the colour it has there.

    Every second pixel is matched to the source's most similar patch, in principal components. A
    match counts where most of its neighbours moved by the same shift: by chance they do not, and
    so two images that have nothing in common get no weight. Coherence is what Ashikhmin (2001)
    and PatchMatch (Barnes et al., 2009) build on.

    Parameters
    ----------
    source : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].

    Returns
    -------
    chroma : ndarray
        ``(H, W, 2)`` float32: a* and b* of the matched places.
    weight : ndarray
        ``(H, W)`` float32 in [0, 1]: how far they can be trusted.
    """
    shape = (grey.shape[0], grey.shape[1])
    factor = min(1.0, (_MOST_PIXELS / max(grey.size, source[..., 0].size)) ** 0.5)
    source, grey = (resized(image, _scaled(image, factor)) for image in (source, grey))
    lab = rgb2lab(source).astype(np.float32)
    own = lightness(grey)
    rows, columns = _shifts(lab[..., 0], own)
    coherence = _coherence(rows, columns)
    rows, columns, coherence = _mended(rows, columns, coherence)
    height, width = grey.shape
    y, x = np.mgrid[:height, :width]
    place = (  # an odd last row goes with the one before
        np.minimum(y // _STEP, rows.shape[0] - 1),
        np.minimum(x // _STEP, rows.shape[1] - 1),
    )
    y = np.clip(y + rows[place], 0, lab.shape[0] - 1)
    x = np.clip(x + columns[place], 0, lab.shape[1] - 1)
    difference = np.abs(uniform_filter(lab[..., 0], 3)[y, x] - uniform_filter(own, 3))
    alike = 1 - _ramp(uniform_filter(difference, 5), *_UNLIKE)
    smooth_share = resized(coherence, (height, width))
    weight = uniform_filter(_smoothstep(_ramp(smooth_share, *_COHERENT)) * alike, 5)
    return resized(lab[y, x, 1:], shape), resized(weight.astype(np.float32), shape)


def _scaled(image: Image, factor: float) -> tuple[int, int]:
    return round(image.shape[0] * factor), round(image.shape[1] * factor)


@torch.inference_mode()
def _shifts(source: Image, target: Image) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match every `_STEP`th pixel: rows and columns from each to its most similar one."""
    described, wanted = _patches(source), _patches(target)
    columns = described.shape[1]
    shape = wanted.shape[:2]
    described, wanted = described.flatten(0, 1), wanted.flatten(0, 1)
    sample = described[:: max(1, len(described) // _SAMPLE)]
    centred = sample - sample.mean(0)
    _, components = torch.linalg.eigh(centred.T @ centred)  # ascending
    described, wanted = (p @ components[:, -_DIMENSIONS:] for p in (described, wanted))
    squares = described.square().sum(1)
    nearest = torch.cat(
        [(squares - 2 * part @ described.T).argmin(1) for part in wanted.split(_CHUNK)]
    )
    found = nearest.numpy().reshape(shape)
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (found // columns - y) * _STEP, (found % columns - x) * _STEP


def _patches(image: Image) -> Tensor:
    """Describe every `_STEP`th pixel by the L* around it, ``(h, w, features)``, near ones more."""
    parts = []
    for scale in _SCALES:
        seen = image / 100 if scale == 1 else gaussian_filter(image / 100, scale / 2)
        reach = _REACH * scale
        padded = pad(torch.from_numpy(seen)[None, None], (reach,) * 4, mode="replicate")[0, 0]
        for y in range(-_REACH, _REACH + 1, 2):
            for x in range(-_REACH, _REACH + 1, 2):
                nearness = np.exp(-0.5 * (y * y + x * x) / (_REACH / 1.7) ** 2)
                top, left = reach + y * scale + _STEP // 2, reach + x * scale + _STEP // 2
                height, width = image.shape
                window = padded[top : top + height - _STEP // 2, left : left + width - _STEP // 2]
                parts.append(window[::_STEP, ::_STEP] * float(nearness))
    return torch.stack(parts, dim=-1)


def _coherence(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Image:
    """Share of the 5 x 5 neighbours that moved by the same shift, ``(h, w)`` float32 in [0, 1]."""
    agreeing = -np.ones(rows.shape, np.float32)  # each agrees with itself, which does not count
    far = np.iinfo(np.int32).max
    around = [np.pad(shift, 2, constant_values=far) for shift in (rows, columns)]
    for y, x in np.ndindex(5, 5):
        window = np.s_[y : y + rows.shape[0], x : x + rows.shape[1]]
        agreeing += (np.abs(around[0][window] - rows) <= _TOLERANCE) & (
            np.abs(around[1][window] - columns) <= _TOLERANCE
        )
    share: Image = (agreeing / 24).astype(np.float32)
    return share


def _mended(
    rows: NDArray[np.int64], columns: NDArray[np.int64], coherence: Image
) -> tuple[NDArray[np.int64], NDArray[np.int64], Image]:
    """Give each place the median shift of its coherent neighbours, if it has some."""
    medians = []
    for shift in (rows, columns):
        trusted = np.pad(np.where(coherence >= 0.5, shift, np.nan), 2, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(trusted, (5, 5))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All-NaN slice")  # stays as it was, below
            medians.append(np.nanmedian(windows, axis=(2, 3)))
    has = ~np.isnan(medians[0])
    mended = [
        np.where(has, np.rint(median), shift).astype(np.int64)
        for median, shift in zip(medians, (rows, columns), strict=True)
    ]
    smoothed = uniform_filter(coherence, 3)
    return mended[0], mended[1], np.where(has, smoothed, coherence).astype(np.float32)


def _ramp(values: Image, low: float, high: float) -> Image:
    """Go from 0 at `low` to 1 at `high`."""
    ramp: Image = np.clip((values - low) / (high - low), 0, 1)
    return ramp


def _smoothstep(values: Image) -> Image:
    return values * values * (3 - 2 * values)
