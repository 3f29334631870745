"""Refines matched places to a fraction of a pixel, from coarse to fine.

A match is exact to a pixel or two, and in a film things lie nearly where they lay in the last
frame. From there, each place moves until both images agree around it.
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
        Factor by which both are shrunk.
    even : float
        Width in px of the Gaussian that removes noise.
    smooth : float
        Width in px of the Gaussian that smooths the shifts.
    """

    factor: int
    even: float
    smooth: float


_LEVELS = (_Level(4, 0.5, 2.0), _Level(2, 0.5, 2.0), _Level(1, 0.7, 1.5))
_ROUNDS = 3  # at each level
_DETAIL = 8.0  # px: wider structures count as lighting, which may differ
_AROUND = 3.0  # px: width of the Gaussian window in which both should agree
_FLAT = 2.0  # squared slope in L*: flatter places tell little about their position
_ODD = 6.0  # difference in L* above which a pixel counts less than half
_FARTHEST = 1.5  # px: largest step in a round
_NOISE = 6.0  # squared difference of L* that does not matter
_UNLIKE = (0.25, 0.6)  # share of the detail that differs: ignored below, not trusted above
_OTHER_LIGHT = (5.0, 15.0)  # difference in L*: likewise
_BENT = 0.08  # unevenness of the shifts around: in films at most 0.03, by chance at least 0.12
_COUNTED = 0.3  # trust above which a place is counted
_REACH = 2.0  # px: width of the Gaussian window in which the detail is compared
_SPREAD = 4.0  # px: how far trust reaches beyond the places that had it
_GAPS = (2.0, 8.0, 32.0)  # px: widths of the Gaussians that fill places without trust
_ENOUGH = 0.3  # trust around a place at which no wider Gaussian is needed
_LEAST = 1e-3


def aligned(match: Match, grey: Image) -> Match:
    """Move each matched place until both images agree around it.

    This is the method of Lucas and Kanade (1981) with the target's gradients (Baker and Matthews,
    2004), at a quarter, half and the full size. Pixels that differ much count little, and the
    shifts of places that fit are smoothed together. A place is not trusted if the details do not
    agree in the end, or if nothing around it was trusted before.

    Parameters
    ----------
    match : Match
        Places that are exact to a few pixels.
    grey : ndarray
        ``(H, W)`` float32 in [0, 1], at any size.

    Returns
    -------
    Match
        The same source, with places at fractions of a pixel.
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
    """Return whether places had to move unevenly to fit, as they do between unrelated images.

    If a thing turns, comes nearer or is tilted, the shifts around a place change at an even rate.
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
    """Move shifts, ``(2, H, W)`` float32, towards agreement of both images."""
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
    """The comparison of two images, one laid over the other: ``(h, w)`` float32 each.

    Attributes
    ----------
    difference : ndarray
        By how much the source's detail is lighter.
    inside : ndarray
        1 inside the source, 0 outside.
    agreement : ndarray
        In [0, 1]: how much of the detail is the same around each pixel.
    """

    difference: Image
    inside: Image
    agreement: Image

    @classmethod
    def at(cls, source: Image, target: Image, places: Image) -> _Compared:
        """Compare a target with the source at its places, ``(2, h, w)``."""
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
    """Let untrusted places move as the trusted ones around them do."""
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
