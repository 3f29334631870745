"""Keys: slices of a stack that are given in colour, and that lend their colours to those around."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.pair.checks import as_array, check_limits
from napari_oneshot_color.pair.limits import refuse_nan, scaled_as_said
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pair.problems import source_problem
from napari_oneshot_color.pair.sizes import working_shape
from napari_oneshot_color.pair.transparency import opaque, shown
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.record import KeyRecord
from napari_oneshot_color.stacks.key_problems import place_problem, taking_problem
from napari_oneshot_color.types import AnyArray, Image

__all__ = [
    "Key",
    "Looking",
    "as_sources",
    "beside",
    "check_likeness",
    "key_records",
    "prepare_keys",
]

_ALIKE = 0.6  # smallest correlation of L* with the slice
_LEAST = 1e-3  # smallest share of a key, which counts where it alone matches
_SAME = 2 / 255  # mean difference below which an image is one of the colorizer's own sources


@dataclass(frozen=True)
class Key:
    """A slice in colour.

    Attributes
    ----------
    slice : int
        Its number in the stack.
    image : ndarray
        ``(h, w, 3)`` float32 in [0, 1], sRGB, at the working size.
    record : KeyRecord
        Its name, checksum and limits.
    shows : ndarray
        ``(h, w)`` bool: where it is not transparent.
    """

    slice: int
    image: Image
    record: KeyRecord
    shows: NDArray[np.bool_]

    def __dask_tokenize__(self) -> tuple[Any, ...]:
        return self.slice, self.record.sha256, self.record.limits, self.image.shape


def as_sources(keys: Mapping[int, Any] | None) -> dict[int, Source]:
    """Bring keys into the order of their slices, give mere images a name, and convert numbers.

    Raises
    ------
    BadPairError
        If a slice has no whole number, or limits are not two numbers in ascending order.
    """
    numbered = {_whole(number): key for number, key in (keys or {}).items()}
    return {number: _as_source(number, numbered[number]) for number in sorted(numbered)}


def _whole(number: Any) -> int:
    """Convert a whole number of any library."""
    try:
        return operator.index(number)
    except TypeError as error:
        raise BadPairError(
            f"{number!r} is not the number of a slice. Give whole numbers, counted from 0."
        ) from error


def _as_source(number: int, key: Any) -> Source:
    if not isinstance(key, Source):
        return Source(key, f"key {number}")
    if key.limits is None:
        return key
    return replace(key, limits=check_limits(key.limits, key.name))


def prepare_keys(
    keys: Mapping[int, Any] | None, colorizer: Colorizer, shape: Sequence[int]
) -> tuple[Key, ...]:
    """Check keys, and shrink them to the working size.

    Parameters
    ----------
    keys : mapping of int to ndarray or Source, optional
        Slices in colour, by their number, counted from 0: ``(H, W, 3)`` or ``(H, W, 4)``, any real
        dtype. A `Source` also has a name and limits; its weight is ignored.
    colorizer : Colorizer
        The colorizer for the other slices.
    shape : sequence of int
        Shape of the stack, ``(T, H, W)``.

    Returns
    -------
    tuple of Key
        In the order of their slices.

    Raises
    ------
    BadPairError
        If one cannot be a key.
    """
    if not keys:
        return ()
    problem = taking_problem(colorizer, shape)
    if problem:
        raise BadPairError(problem)
    return tuple(
        _prepared(number, key, colorizer, shape) for number, key in as_sources(keys).items()
    )


def _prepared(number: int, key: Source, colorizer: Colorizer, shape: Sequence[int]) -> Key:
    name = key.name
    image = as_array(key.image, f"The key '{name}' is")
    problem = source_problem(image, colorizer.settings, f"key '{name}'") or place_problem(
        number, name, image.shape[:2], shape
    )
    if problem:
        raise BadPairError(problem)
    pixels, _ = scaled_as_said(opaque(image, name)[0], key.limits, name)
    height, width = image.shape[:2]
    small = working_shape(height, width, colorizer.settings.working_size)
    [record] = key_records({number: key})
    shows = shrunk(shown(image).astype(np.float32), small) > 0.999
    return Key(number, shrunk(pixels, small), record, shows)


def key_records(keys: Mapping[int, Any]) -> tuple[KeyRecord, ...]:
    """Describe keys that can be used, in the order of their slices."""
    return tuple(
        KeyRecord(
            slice=number,
            name=key.name,
            height=key.image.shape[0],
            width=key.image.shape[1],
            sha256=checksum(np.asarray(key.image)),
            limits=key.limits,
        )
        for number, key in as_sources(keys).items()
    )


def check_likeness(key: Key, grey: Image) -> None:
    """Check that a key shows its slice, ``(…, h, w)`` float32 in [0, 1] at the working size.

    Raises
    ------
    BadPairError
        If its luminance shows something else, or the slice has NaN.
    """
    refuse_nan(grey)
    both = luminance(key.image)[key.shows], grey[..., key.shows].ravel()
    if not key.shows.any() or min(map(np.ptp, both)) == 0 or np.corrcoef(*both)[0, 1] < _ALIKE:
        raise BadPairError(
            f"The key '{key.record.name}' does not look like slice {key.slice}. Give that slice "
            "itself in colour, or correct the number: slices are counted from 0."
        )


@dataclass(frozen=True)
class Looking:
    """What a slice is matched with: the colorizer's sources, and the nearest keys.

    Attributes
    ----------
    colorizer : Colorizer
        Its matcher holds the sources.
    keys : tuple of Key
        At most two, in the order of their slices.
    """

    colorizer: Colorizer
    keys: tuple[Key, ...] = ()

    def __reduce__(self) -> tuple[type[Looking], tuple[Any, ...]]:
        """Leave the matcher out of pickles: each process makes its own."""
        return Looking, (self.colorizer, self.keys)

    @cached_property
    def matcher(self) -> Matcher:
        """The matcher of the keys, and of the sources that are not keys themselves."""
        own = self.colorizer.matcher
        assert own is not None
        if not self.keys:
            return own
        images = [key.image for key in self.keys]
        same = [
            number
            for number, source in enumerate(own.sources)
            if any(_is_same(source, image) for image in images)
        ]
        return own.with_sources(*images, without=same)

    def shares(self, number: int) -> list[float]:
        """Return each source's share of a slice's colour: 0 but for keys; the nearer has more."""
        away = [abs(number - key.slice) for key in self.keys]
        own = len(self.matcher.sources) - len(away)
        if len(away) < 2:
            return [0.0] * own + [1.0] * len(away)
        return [0.0] * own + [max(1 - one / max(1, sum(away)), _LEAST) for one in away]


def _is_same(source: Image, image: AnyArray) -> bool:
    return source.shape == image.shape and float(np.abs(source - image).mean()) < _SAME


def beside(keys: Sequence[Key], number: int) -> tuple[Key, ...]:
    """Return the nearest key on each side of a slice."""
    before = [key for key in keys if key.slice <= number][-1:]
    return (*before, *[key for key in keys if key.slice > number][:1])
