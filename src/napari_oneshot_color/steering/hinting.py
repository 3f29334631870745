"""Hints: colours that the user put on the target, and a result that follows them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.prepare import Limits, checksum, prepare_target
from napari_oneshot_color.pixels.chroma_field import ChromaField
from napari_oneshot_color.pixels.color import colored_in_strips
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.provenance import check_not_steered
from napari_oneshot_color.resizing import resized, working_shape
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.settings import WORKING_SIZES, Settings
from napari_oneshot_color.steering.propagation import Propagation

__all__ = ["Hints", "apply_hints", "colorize_from_hints"]

Image = NDArray[np.float32]
Color = tuple[float, float, float]

_UNKNOWN = 8.0  # uncertainty of a result that has no estimate, in units of a* and b*


@dataclass(frozen=True)
class Hints:
    """Colours at some pixels of the target.

    Parameters
    ----------
    labels : ndarray
        ``(H, W)`` integer at the target's full size; 0 is no hint.
    colors : mapping of int to tuple of float
        sRGB in [0, 1] of every label. Only its a* and b* count: the lightness is the target's.

    Raises
    ------
    BadPairError
        If the labels are no image of whole numbers from 0 up, or a label has no such colour.
    """

    labels: NDArray[np.integer]
    colors: Mapping[int, Color]

    def __post_init__(self) -> None:
        if self.labels.ndim != 2 or self.labels.dtype.kind not in "iu":
            raise BadPairError(
                f"Hints of shape {self.labels.shape} and dtype {self.labels.dtype} are no labels. "
                "Give one image of whole numbers, 0 where there is no hint."
            )
        names = np.unique(self._names).tolist()
        if names and names[0] < 0:
            raise BadPairError(f"The hints have a label {names[0]}. Give whole numbers from 0 up.")
        for name in names:
            if name not in self.colors:
                raise BadPairError(f"The hints' label {name} has no colour. Give it one.")
            if not _is_color(self.colors[name]):
                raise BadPairError(
                    f"The colour of the hints' label {name} is {self.colors[name]!r}. Give red, "
                    "green and blue from 0 to 1."
                )

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        """Where hints are, counted row by row: mostly few, whatever the target's size."""
        return np.flatnonzero(self.labels)

    @cached_property
    def _names(self) -> NDArray[np.integer]:
        names: NDArray[np.integer] = self.labels.ravel()[self._places]
        return names

    @cached_property
    def _colors(self) -> Image:
        """a* and b* of every hinted pixel, ``(n, 2)`` float32."""
        used, order = np.unique(self._names, return_inverse=True)
        palette = np.array([self.colors[name] for name in used.tolist()], np.float32)
        ab: Image = rgb2lab(palette.reshape(1, -1, 3))[0, :, 1:].astype(np.float32)
        return ab[order]

    @property
    def given(self) -> NDArray[np.bool_]:
        """Where there are hints, ``(H, W)``."""
        given: NDArray[np.bool_] = self.labels != 0
        return given

    def painted(self, chroma: Image, rows: slice) -> Image:
        """Put the hints on a* and b* of some rows.

        Parameters
        ----------
        chroma : ndarray
            ``(h, W, 2)`` float32; left as it is.
        rows : slice
            Where they lie, with start and stop.
        """
        width = self.labels.shape[1]
        first, last = np.searchsorted(self._places, (rows.start * width, rows.stop * width))
        painted = np.array(chroma, np.float32, order="C")
        painted.reshape(-1, 2)[self._places[first:last] - rows.start * width] = self._colors[
            first:last
        ]
        return painted

    def shrunk(self, shape: tuple[int, int]) -> tuple[Image, NDArray[np.bool_]]:
        """Bring them to a smaller size: each pixel has the mean of those that fall into it.

        Returns
        -------
        chroma : ndarray
            ``(h, w, 2)`` float32: a* and b*; 0 where there is none.
        given : ndarray
            ``(h, w)`` bool: where there are hints.
        """
        height, width = self.labels.shape
        rows, columns = np.divmod(self._places, width)
        # by the middles of pixels, in whole numbers
        rows = (2 * rows + 1) * shape[0] // (2 * height)
        columns = (2 * columns + 1) * shape[1] // (2 * width)
        cells, size = rows * shape[1] + columns, shape[0] * shape[1]
        count = np.bincount(cells, minlength=size)
        total = [np.bincount(cells, self._colors[:, axis], size) for axis in (0, 1)]
        mean = np.stack(total, axis=-1) / np.maximum(count, 1)[:, None]
        return mean.reshape(*shape, 2).astype(np.float32), (count > 0).reshape(shape)

    def check_size(self, shape: tuple[int, ...]) -> None:
        """Make sure that they are of a target's size.

        Raises
        ------
        BadPairError
            If they are not.
        """
        if self.labels.shape != shape:
            raise BadPairError(
                f"The hints are of shape {self.labels.shape}, and the target of {shape}. Paint "
                "them on a layer of the target's size."
            )

    def described(self) -> dict[str, object]:
        """Write them down for the provenance."""
        used = {
            str(label): [round(float(part), 4) for part in self.colors[label]]
            for label in np.unique(self._names).tolist()
        }
        return {"colors": used, "pixels": len(self._places), "sha256": checksum(self.labels)}


def apply_hints(result: Result, hints: Hints) -> Result:
    """Let a result follow the user's colours, without training.

    What the hints change is spread along smooth grey, and fades with the distance the sooner the
    more certain the result was. Painted pixels get their a* and b* exactly.

    Parameters
    ----------
    result : Result
        What the hints correct; left as it is. Give the one without hints when they change.
    hints : Hints
        Of the target's full size.

    Returns
    -------
    Result
        With new `final` and `lab`, and an `uncertainty` that is less where the hints reach.

    Raises
    ------
    BadPairError
        If the hints have another size than the target, or the result follows hints or is faded
        already.
    """
    check_not_steered(result.provenance, "hints", "faded_above")
    hints.check_size(result.target.shape)
    shape = _spreading_shape(result.target.shape)
    grey = shrunk(result.target, shape)
    before = result.lab[..., 1:]
    wanted, given = hints.shrunk(shape)
    if result.uncertainty is None:
        uncertainty = np.full(shape, _UNKNOWN, np.float32)
    else:
        uncertainty = resized(result.uncertainty, shape)
    change = wanted - shrunk(before, shape)
    values = np.dstack([change, np.ones(shape, np.float32)])
    spread = Propagation(grey).spread(values, given, uncertainty)
    field = _field(spread[..., :2], grey, result.target.shape, result.colorizer.settings)
    final, lab, clipped = colored_in_strips(
        result.target,
        lambda rows: hints.painted(before[rows] + field.in_rows(result.target, rows), rows),
    )
    told = {"hints": hints.described(), "clipped_fraction": clipped}
    return replace(
        result,
        uncertainty=_settled(result.uncertainty, spread[..., 2]),
        final=final,
        lab=lab,
        hints=hints,
        provenance=result.provenance | told,
    )


def colorize_from_hints(
    target: NDArray[np.generic],
    hints: Hints,
    settings: Settings | None = None,
    *,
    target_limits: Limits | None = None,
) -> Image:
    """Colour a target from hints alone, without a source and without training.

    This is the method of Levin, Lischinski and Weiss (2004): the colours fill the image.

    Parameters
    ----------
    target : ndarray
        ``(H, W)``, any real dtype.
    hints : Hints
        Of the same size.
    settings : Settings, optional
        The way up to the full size; those of preset ``best`` if left out.
    target_limits : tuple of float, optional
        As in `pipeline.colorize_steps`.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` float32 in [0, 1], sRGB.

    Raises
    ------
    BadPairError
        If the target cannot be used, or the hints have another size.
    """
    settings = settings or Settings.preset("best")
    prepared = prepare_target(target, settings, target_limits)
    hints.check_size(prepared.full.shape)
    shape = _spreading_shape(prepared.full.shape)
    grey = shrunk(prepared.full, shape)
    wanted, given = hints.shrunk(shape)
    ab = Propagation(grey).spread(wanted, given)
    field = _field(ab, grey, prepared.full.shape, settings)
    grey = prepared.full
    return colored_in_strips(grey, lambda rows: hints.painted(field.in_rows(grey, rows), rows))[0]


def _is_color(told: object) -> bool:
    try:
        color = np.asarray(told, np.float64)
    except (TypeError, ValueError):
        return False
    return color.shape == (3,) and bool(((color >= 0) & (color <= 1)).all())


def _settled(uncertainty: Image | None, reach: Image) -> Image | None:
    """Take from an uncertainty what hints settle: all where they are, less around."""
    if uncertainty is None:
        return None
    shape = (uncertainty.shape[0], uncertainty.shape[1])
    return uncertainty * (1 - np.clip(resized(reach, shape), 0, 1))


def _spreading_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Size at which colours spread: the time grows faster than the pixels."""
    return working_shape(shape[0], shape[1], WORKING_SIZES[0])


def _field(ab: Image, grey: Image, full: tuple[int, ...], settings: Settings) -> ChromaField:
    if grey.shape == full:
        return ChromaField.exact(ab)
    return ChromaField.over(ab, grey, settings)
