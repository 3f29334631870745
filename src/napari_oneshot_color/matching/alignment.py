"""Matched places made exact: one image laid over another between its pixels, from coarse to fine.

A match tells where something lies to a pixel or two, and a slice of a film lies nearly where the
last one did. From there each place moves until both images agree around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from napari_oneshot_color.matching.agreement import ramp
from napari_oneshot_color.matching.copying import Match, laid_over
from napari_oneshot_color.pixels.color import lightness
from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.types import Image

__all__ = ["aligned", "is_bent"]


@dataclass(frozen=True)
class _Level:
    """One size at which two images are compared.

    Attributes
    ----------
    factor : int
        By which both are shrunk.
    even : float
        px: width of the Gaussian that evens out noise.
    smooth : float
        px: width of the Gaussian under which places move together.
    """

    factor: int
    even: float
    smooth: float


_LEVELS = (_Level(4, 0.5, 2.0), _Level(2, 0.5, 2.0), _Level(1, 0.7, 1.5))
_ROUNDS = 3  # at each level
_DETAIL = 8.0  # px: what is wider is light, and may differ
_AROUND = 3.0  # px: width of the Gaussian under which both shall agree
_FLAT = 2.0  # squared slope in L*: what is flatter tells little about where it lies
_ODD = 6.0  # difference in L* from which a pixel counts less than half
_FARTHEST = 1.5  # px in a round
_NOISE = 6.0  # squared difference of L* that is no matter
_UNLIKE = (0.25, 0.6)  # share of the detail that differs: no matter below, not trusted above
_OTHER_LIGHT = (5.0, 15.0)  # difference in L*: likewise
_BENT = 0.08  # how unevenly places around move: in films 0.03 at most, by chance 0.12 and more
_COUNTED = 0.3  # trust of the places that tell
_REACH = 2.0  # px: width of the Gaussian under which that share is taken
_SPREAD = 4.0  # px: how far trust reaches beyond the places that had it
_GAPS = (2.0, 8.0, 32.0)  # px: widths of the Gaussians that fill places without trust
_ENOUGH = 0.3  # trust around: then no wider one is needed
_LEAST = 1e-3


def aligned(match: Match, grey: Image) -> Match:
    """Move each matched place until both images agree around it.

    This is the method of Lucas and Kanade (1981), with the target's slopes (Baker and Matthews,
    2004), on images of a quarter, a half and the whole of the size. Pixels that differ much count
    little, and places move together where they fit. Where the details do not agree in the end, or
    nothing was trusted around, nothing is trusted.

    Parameters
    ----------
    match : Match
        Places that are known to some pixels.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1], at any size.

    Returns
    -------
    Match
        The same source, with places between its pixels.
    """
    if not match.weight.any():
        return match
    own = resized(lightness(grey), match.weight.shape[:2])
    grid = _grid(own.shape)
    shifts = _filled(match.places - grid, match.weight)
    seen = np.ascontiguousarray(match.lab[..., 0])
    for level in _LEVELS:
        shifts = _nearer(level, seen, own, shifts)
    places = shifts + grid
    compared = _Compared.at(_detail(seen, _LEVELS[-1]), _detail(own, _LEVELS[-1]), places)
    lighter = uniform_filter(laid_over(seen, places), 3) - uniform_filter(own, 3)
    light = 1 - ramp(uniform_filter(np.abs(lighter), 5), *_OTHER_LIGHT)
    verified = uniform_filter(compared.agreement * light, 5)
    trusted = np.minimum(1, 2 * _blurred(match.weight, _SPREAD))
    return Match(match.lab, places, (verified * trusted).astype(np.float32))


def is_bent(match: Match) -> bool:
    """Tell whether places had to move unevenly to fit, as they do where nothing is the same.

    Things that turn, come nearer or lie askew move by slopes that are alike around each place.
    """
    trusted = match.weight > _COUNTED
    if not trusted.any():
        return False
    shifts = match.places - _grid(match.weight.shape)
    slopes = [slope for shift in shifts for slope in np.gradient(shift)]
    uneven = sum(np.square(slope - _blurred(slope, _AROUND)) for slope in slopes)
    bent = np.sqrt(_blurred(np.asarray(uneven), _AROUND))
    return bool(np.median(bent[trusted]) > _BENT)


def _nearer(level: _Level, seen: Image, own: Image, shifts: Image) -> Image:
    """Bring shifts, ``(2, H, W)`` float32, nearer to where both images agree."""
    factor = level.factor
    smaller = [resized(image, _shrunk(image.shape, factor)) for image in (seen, own)]
    source, target = (_detail(image, level) for image in smaller)
    slopes = np.array(np.gradient(target), np.float32)
    grid = _grid(target.shape)
    before = np.stack([resized(shift, _shrunk(own.shape, factor)) for shift in shifts])
    before /= np.float32(factor)
    now = before.copy()
    for _ in range(_ROUNDS):
        compared = _Compared.at(source, target, now + grid)
        now += compared.step(slopes)
        trust = compared.agreement + _LEAST
        now = np.stack([_blurred(shift * trust, level.smooth) for shift in now])
        now /= _blurred(trust, level.smooth)
    change = (now - before) * factor
    found: Image = shifts + np.stack([resized(one, own.shape[:2]) for one in change])
    return found


@dataclass(frozen=True)
class _Compared:
    """Two images, one laid over the other: ``(h, w)`` float32 each.

    Attributes
    ----------
    difference : ndarray
        By how much the source's detail is lighter.
    inside : ndarray
        1 where the source shows anything, else 0.
    agreement : ndarray
        In [0, 1]: how much of the detail is the same around each pixel.
    """

    difference: Image
    inside: Image
    agreement: Image

    @classmethod
    def at(cls, source: Image, target: Image, places: Image) -> _Compared:
        """Compare them where a target's pixels lie, ``(2, h, w)``."""
        laid = laid_over(source, places)
        difference = np.asarray(laid - target)
        ends = np.array(source.shape, np.float32)[:, None, None] - 1
        inside = np.array(((places >= 0) & (places <= ends)).all(axis=0), np.float32)
        detail = _blurred(np.square(laid) + np.square(target), _REACH) + np.float32(_NOISE)
        share = _blurred(np.square(difference), _REACH) / detail
        agreement: Image = inside * (1 - ramp(share, *_UNLIKE))
        return cls(difference, inside, agreement)

    def step(self, slopes: Image) -> Image:
        """Find how far each place must move, down and to the right: ``(2, h, w)``."""
        down, right = slopes
        counted = self.inside / (1 + np.square(self.difference / np.float32(_ODD)))
        counted_down, counted_right = counted * down, counted * right
        steep, wide, both, vertical, horizontal = (
            _blurred(one, _AROUND)
            for one in (
                counted_down * down,
                counted_right * right,
                counted_down * right,
                counted_down * self.difference,
                counted_right * self.difference,
            )
        )
        steep += np.float32(_FLAT)
        wide += np.float32(_FLAT)
        whole = steep * wide - both * both
        step = np.stack([both * horizontal - wide * vertical, both * vertical - steep * horizontal])
        step /= whole
        far = np.hypot(*step) / np.float32(_FARTHEST)
        found: Image = step / np.maximum(1, far)
        return found


def _filled(shifts: Image, trust: Image) -> Image:
    """Let places that are not trusted move as those around them do."""
    rest, around = np.ones_like(trust), np.zeros_like(shifts)
    for width in _GAPS:
        near = _blurred(trust, width) + np.float32(1e-6)
        taken = rest * np.minimum(1, near / np.float32(_ENOUGH)) if width < _GAPS[-1] else rest
        around += taken * np.stack([_blurred(shift * trust, width) for shift in shifts]) / near
        rest = rest - taken
    found: Image = (trust * shifts + (1 - trust) * around).astype(np.float32)
    return found


def _detail(image: Image, level: _Level) -> Image:
    evened = _blurred(image, level.even)
    detail: Image = evened - _blurred(evened, _DETAIL)
    return detail


def _blurred(image: Image, sigma: float) -> Image:
    blurred: Image = gaussian_filter(image, sigma, mode="nearest", truncate=3)
    return blurred


def _grid(shape: tuple[int, ...]) -> Image:
    grid: Image = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return grid


def _shrunk(shape: tuple[int, ...], factor: int) -> tuple[int, int]:
    return -(-shape[0] // factor), -(-shape[1] // factor)
