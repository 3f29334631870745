"""Where two images show the same thing: dense matches whose neighbours moved the same way."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter
from skimage.color import rgb2lab
from torch import Tensor
from torch.nn.functional import pad

from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import AnyArray, Image

__all__ = ["corresponding"]

_MOST_PIXELS = 2**17  # both images are matched at a size at which neither has more
_STEP = 2  # px between the places that are matched, in both images
_REACH = 8  # px from a place to the rim of the patch that describes it, at the finer scale
_SCALES = (1, 2)  # a patch, and one of twice the size and half the detail
_DIMENSIONS = 32  # principal components that are compared
_SAMPLE = 6_000  # places from which the components are taken
_CHUNK = 256, 2048  # places of target and source compared at once: what fits into a core's cache
_CHUNK_ELSEWHERE = 4096, 16_384  # on a GPU: 256 MB of distances
_PROBES = 12  # places down and across at which the target is looked at first
_SHARED = 0.15  # of them must be coherent: by chance up to a tenth are
_TOLERANCE = 2  # px by which the shifts of neighbours may differ
_COHERENT = (0.45, 0.75)  # share of agreeing neighbours: not trusted below, trusted above
_CPU = torch.device("cpu")
_UNLIKE = (5.0, 15.0)  # difference in L*: no matter below, not trusted above


def corresponding(source: Image, grey: Image, device: torch.device = _CPU) -> tuple[Image, Image]:
    """Find what a grey image shows of the source, and the colour it has there.

    Every second pixel is matched to the source's most similar patch, in principal components. A
    match counts where most of its neighbours moved by the same shift: by chance few do, and
    so two images that have nothing in common, of which some places tell, get no weight. Coherence
    is what Ashikhmin (2001) and PatchMatch (Barnes et al., 2009) build on. Where L* itself finds
    nothing in common, its rank does, if the same thing was taken in another light.

    Parameters
    ----------
    source : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1].
    device : torch.device
        Where patches are compared.

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
    seen = lab[..., 0]
    places = _places(seen, own, device)
    if not _seems_shared(*places):  # or in another light: then the order of the greys is left
        seen, own = _equalized(seen), _equalized(own)
        places = _places(seen, own, device)
        if not _seems_shared(*places):
            return np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32)
    rows, columns = _shifts(*places)
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
    difference = np.abs(uniform_filter(seen, 3)[y, x] - uniform_filter(own, 3))
    alike = 1 - _ramp(uniform_filter(difference, 5), *_UNLIKE)
    smooth_share = resized(coherence, (height, width))
    weight = uniform_filter(_smoothstep(_ramp(smooth_share, *_COHERENT)) * alike, 5)
    return resized(lab[y, x, 1:], shape), resized(weight.astype(np.float32), shape)


def _equalized(lightness: Image) -> Image:
    """Spread L* evenly over [0, 100]: what gamma, contrast and brightness change is gone."""
    counts, edges = np.histogram(lightness, bins=1024, range=(0, 100))
    below = np.cumsum(counts) - counts / 2
    middles = (edges[:-1] + edges[1:]) / 2
    return np.interp(lightness, middles, below * (100 / lightness.size)).astype(np.float32)


def _scaled(image: Image, factor: float) -> tuple[int, int]:
    return round(image.shape[0] * factor), round(image.shape[1] * factor)


@torch.inference_mode()
def _places(source: Image, target: Image, device: torch.device) -> tuple[Tensor, Tensor]:
    """Describe every `_STEP`th pixel of both images: ``(h, w, components)`` each."""
    described, wanted = _patches(source, device), _patches(target, device)
    flat = described.flatten(0, 1)
    sample = flat[:: max(1, len(flat) // _SAMPLE)]
    centred = sample - sample.mean(0)
    _, components = torch.linalg.eigh(centred.T @ centred)  # ascending
    components = components[:, -_DIMENSIONS:]
    return described @ components, wanted @ components


def _seems_shared(described: Tensor, wanted: Tensor) -> bool:
    """Tell from a few places of the target whether enough of them move as those around do."""
    height, width = wanted.shape[:2]
    if min(height, width) < 5:
        return True
    rows, columns = (
        torch.linspace(2, length - 3, _PROBES).round().long() for length in (height, width)
    )
    around = torch.arange(-2, 3)
    y = (rows[:, None] + around)[:, None, :, None].expand(-1, _PROBES, -1, 5)
    x = (columns[:, None] + around)[None, :, None, :].expand(_PROBES, -1, 5, -1)
    found = _nearest(described.flatten(0, 1), wanted[y, x].flatten(0, 3)).cpu().view(y.shape)
    down = (found // described.shape[1] - y) * _STEP
    right = (found % described.shape[1] - x) * _STEP
    agreeing = ((down - down[..., 2:3, 2:3]).abs() <= _TOLERANCE) & (
        (right - right[..., 2:3, 2:3]).abs() <= _TOLERANCE
    )
    coherence = (agreeing.sum((2, 3)) - 1) / 24  # each agrees with itself
    return bool((coherence >= _COHERENT[1]).float().mean() >= _SHARED)


def _shifts(described: Tensor, wanted: Tensor) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match every place of the target: rows and columns to its most similar one, in px."""
    height, width = wanted.shape[:2]
    nearest = _nearest(described.flatten(0, 1), wanted.flatten(0, 1))
    found = nearest.cpu().numpy().reshape(height, width)
    y, x = np.mgrid[:height, :width]
    return (found // described.shape[1] - y) * _STEP, (found % described.shape[1] - x) * _STEP


@torch.inference_mode()
def _nearest(described: Tensor, wanted: Tensor) -> Tensor:
    """Index of the row of `described` that is nearest to each row of `wanted`, ``(n,)`` int64."""
    of_target, of_source = _CHUNK if described.device.type == "cpu" else _CHUNK_ELSEWHERE
    starts = range(0, len(described), of_source)
    blocks = [described[start : start + of_source] for start in starts]
    prepared = [
        (start, block.T.contiguous(), block.square().sum(1))
        for start, block in zip(starts, blocks, strict=True)
    ]
    found = []
    for first in range(0, len(wanted), of_target):
        part = wanted[first : first + of_target]
        lowest = torch.full((len(part),), torch.inf, device=part.device)
        index = torch.zeros(len(part), dtype=torch.int64, device=part.device)
        for start, block, squares in prepared:
            distance = torch.addmm(squares, part, block, alpha=-2)  # but for the part's own square
            low, at = distance.min(1)
            index = torch.where(low < lowest, at + start, index)
            lowest = torch.minimum(low, lowest)
        found.append(index)
    return torch.cat(found)


def _patches(image: Image, device: torch.device) -> Tensor:
    """Describe every `_STEP`th pixel by the L* around it, ``(h, w, features)``, near ones more."""
    parts = []
    for scale in _SCALES:
        seen = image / 100 if scale == 1 else gaussian_filter(image / 100, scale / 2)
        reach = _REACH * scale
        padded = pad(torch.from_numpy(seen).to(device)[None, None], (reach,) * 4, mode="replicate")[
            0, 0
        ]
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
    trusted = coherence >= 0.5
    windows = _windows(trusted, False)
    has = windows.any(axis=(2, 3))  # others stay as they were
    outside = ~windows[has]
    mended = []
    for shift in (rows, columns):
        around = _windows(shift.astype(float), np.nan)[has]
        around[outside] = np.nan
        changed = shift.copy()
        changed[has] = np.rint(np.nanmedian(around, axis=(1, 2)))
        mended.append(changed)
    smoothed = uniform_filter(coherence, 3)
    return mended[0], mended[1], np.where(has, smoothed, coherence).astype(np.float32)


def _windows(values: AnyArray, outside: float) -> AnyArray:
    """Lay out the 5 x 5 values around each, ``(h, w, 5, 5)``, a view."""
    padded = np.pad(values, 2, constant_values=outside)
    return np.lib.stride_tricks.sliding_window_view(padded, (5, 5))


def _ramp(values: Image, low: float, high: float) -> Image:
    """Go from 0 at `low` to 1 at `high`."""
    ramp: Image = np.clip((values - low) / (high - low), 0, 1)
    return ramp


def _smoothstep(values: Image) -> Image:
    return values * values * (3 - 2 * values)
