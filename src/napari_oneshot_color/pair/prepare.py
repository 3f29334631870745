"""Source and target as the method sees them: checked, float32 in [0, 1], at the working size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import distance_transform_edt

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pair.checks import as_array, check_limits, is_weight
from napari_oneshot_color.pair.limits import scaled_as_said
from napari_oneshot_color.pair.problems import source_problem, target_problem
from napari_oneshot_color.pair.sizes import choose_working_size, source_working_shape, working_shape
from napari_oneshot_color.pair.tones import has_equal_channels, is_nearly_grey
from napari_oneshot_color.pixels.color import luminance
from napari_oneshot_color.pixels.resizing import shrunk
from napari_oneshot_color.record import ImageRecord
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import WORKING_SIZES
from napari_oneshot_color.types import AnyArray, Image, Limits

__all__ = [
    "Prepared",
    "Source",
    "listed",
    "prepare_source",
    "prepare_sources",
    "prepare_target",
]


@dataclass(frozen=True)
class Prepared:
    """One image, ready for the method.

    Attributes
    ----------
    full : ndarray
        float32 in [0, 1] at full size: ``(H, W, 3)`` for a source, ``(H, W)`` for a target.
    working : ndarray
        The same at the working size.
    name, checksum : str
        What the user calls it; SHA-256 of its pixels, shape and dtype as they came.
    notes : tuple of str
        Sentences about what was changed on the way in.
    limits : tuple of float or None
        Values that became 0 and 1, where they were given.
    working_size : int
        In px: the settings' own, or for a source what was chosen for the pair.
    weight : float
        How often training patches come from it, relative to other sources.
    """

    full: Image
    working: Image
    name: str
    checksum: str
    notes: tuple[str, ...] = ()
    limits: Limits | None = None
    working_size: int = 0
    weight: float = 1.0

    @property
    def record(self) -> ImageRecord:
        """Its name, size, checksum and limits, as they are written down."""
        height, width = self.full.shape[:2]
        return ImageRecord(
            name=self.name, height=height, width=width, sha256=self.checksum, limits=self.limits
        )


@dataclass(frozen=True)
class Source:
    """One of several colour examples.

    Attributes
    ----------
    image : ndarray
        ``(H, W, 3)`` or ``(H, W, 4)``, any real dtype.
    name : str
        For the provenance.
    limits : tuple of float, optional
        Values that become 0 and 1; None chooses as `dtype_limits`, or the image's own range.
    weight : float
        How often training patches come from it, relative to the others.
    """

    image: AnyArray
    name: str = "source"
    limits: Limits | None = None
    weight: float = 1.0


def listed(
    source: AnyArray | Source | Sequence[Source], limits: Limits | None, name: str
) -> tuple[Source, ...]:
    """Take one image, or one source, as a list of one.

    Raises
    ------
    BadPairError
        If it is a list of something else.
    """
    if isinstance(source, Source):
        return (source,)
    if isinstance(source, Sequence) and not isinstance(source, str):
        if not all(isinstance(one, Source) for one in source):
            raise BadPairError("Give several sources as a list of Source, each with its image.")
        return tuple(source)
    return (Source(source, name, limits),)


def prepare_source(
    image: AnyArray,
    settings: Settings,
    limits: Limits | None = None,
    name: str = "source",
    target_shape: tuple[int, ...] | None = None,
) -> Prepared:
    """Check a source and bring it to float32 and the working size; see `prepare_sources`."""
    [prepared] = prepare_sources([Source(image, name, limits)], settings, target_shape)
    return prepared


def prepare_sources(
    sources: Sequence[Source], settings: Settings, target_shape: tuple[int, ...] | None = None
) -> tuple[Prepared, ...]:
    """Check sources and bring them to float32 and one working size, the largest that one needs.

    Parameters
    ----------
    sources : sequence of Source
        One or a handful; what is fully transparent in them is left out.
    settings : Settings
        For the working size.
    target_shape : tuple of int, optional
        Height and width in px of the target, if it is known: where `source_scale` relates the two,
        and where the working size is to be chosen.

    Raises
    ------
    BadPairError
        If there is none, one of them cannot be a source, or a weight is not positive.
    """
    if not sources:
        raise BadPairError("There is no source. Choose at least one colour image.")
    target = None  # unknown, or no image: that is said when it is prepared
    if target_shape is not None and len(target_shape) >= 2 and 0 not in target_shape:
        target = target_shape[0], target_shape[1]
    prepared = []
    for source in sources:
        if not is_weight(source.weight):
            raise BadPairError(f"The weight of '{source.name}' must be a number above 0.")
        with _named(source, sources):
            prepared.append(_checked(source, settings))
    chosen = [(settings.working_size or WORKING_SIZES[0], "") for _ in prepared]
    if not settings.working_size and not settings.source_scale:
        chosen = [choose_working_size(one.full, target, settings) for one in prepared]
    size = max(size for size, _ in chosen)
    settings = settings.replace(working_size=size)
    at_size = []
    for source, one, (own_size, reason) in zip(sources, prepared, chosen, strict=True):
        reasons = (reason,) if reason and own_size == size else ()
        with _named(source, sources):
            at_size.append(_at_working_size(one, target, settings, reasons))
    return tuple(at_size)


@contextmanager
def _named(source: Source, sources: Sequence[Source]) -> Iterator[None]:
    """Say in an error which of several sources it is about."""
    try:
        yield
    except BadPairError as error:
        if len(sources) == 1:
            raise
        raise BadPairError(f"The source '{source.name}' cannot be used. {error}") from error


def _checked(source: Source, settings: Settings) -> Prepared:
    """Check a source and bring it to float32; it is not shrunk yet."""
    image, name = as_array(source.image, "The source is"), source.name
    sentence = source_problem(image, settings)
    if sentence:
        raise BadPairError(sentence)
    pixels, dropped = _opaque(image, name)
    full, notes = scaled_as_said(pixels, source.limits, name)
    limits, sha256 = _normal(source.limits, name), checksum(image)
    return Prepared(full, full, name, sha256, (*dropped, *notes), limits, weight=source.weight)


def _at_working_size(
    source: Prepared, target: tuple[int, int] | None, settings: Settings, notes: tuple[str, ...]
) -> Prepared:
    """Shrink a source that was checked to the size at which the method works."""
    height, width = source.full.shape[:2]
    working = source_working_shape((height, width), target, settings)
    if settings.source_scale and target is not None:
        notes += (
            f"A pixel of the source is as large as {settings.source_scale:.3g} of the target's: "
            f"the method sees it at {working[1]} x {working[0]} px.",
        )
    if min(working) < settings.smallest_side:
        raise BadPairError(
            f"At the target's scale the source is only {working[1]} x {working[0]} px. It needs at "
            f"least {settings.smallest_side} px on each side: raise 'working_size', or set "
            "'source_scale' by hand."
        )
    return replace(
        source,
        working=shrunk(source.full, working),
        notes=(*source.notes, *notes),
        working_size=settings.working_size,
    )


def prepare_target(
    image: AnyArray, settings: Settings, limits: Limits | None = None, name: str = "target"
) -> Prepared:
    """Check a target and bring it to float32 grey and the working size.

    Parameters
    ----------
    image : ndarray
        ``(H, W)``, any real dtype. Also ``(H, W, 3)`` or ``(H, W, 4)`` if the channels are equal
        or `target_luminance` is set.
    settings : Settings
        For the working size.
    limits : tuple of float, optional
        Values that become 0 and 1; None chooses as `dtype_limits`, or the image's own range.
    name : str
        For the provenance.

    Raises
    ------
    BadPairError
        If the image cannot be a target.
    """
    image = as_array(image, "The target is")
    sentence = target_problem(image, settings)
    if sentence:
        raise BadPairError(sentence)
    notes = []
    pixels = image
    if image.ndim == 3 and image.shape[2] in (2, 4):
        notes.append(f"The alpha channel of '{name}' was left out of the method.")
    if image.ndim == 3 and image.shape[2] < 3:
        pixels = image[..., 0]
    elif image.ndim == 3:
        grey = has_equal_channels(image)
        if grey:
            notes.append(f"'{name}' has three equal channels and was read as grey.")
        elif is_nearly_grey(image):
            notes.append(f"'{name}' is grey but for a slight tint: its luminance was used.")
        else:
            notes.append(f"'{name}' is in colour: its luminance was used.")
        pixels = image[..., 0] if grey else image[..., :3]
    full, said = scaled_as_said(pixels, limits, name)
    if full.ndim == 3:
        full = luminance(full)
    working = shrunk(full, working_shape(full.shape[0], full.shape[1], settings.working_size))
    return Prepared(full, working, name, checksum(image), (*notes, *said), _normal(limits, name))


def _normal(limits: Limits | None, name: str) -> Limits | None:
    """Take limits as plain numbers, whatever library they are of."""
    return None if limits is None else check_limits(limits, name)


def _opaque(image: AnyArray, name: str) -> tuple[AnyArray, tuple[str, ...]]:
    """Fill fully transparent pixels with their mirrored surroundings, so they teach nothing."""
    pixels = image[..., :3]
    if image.shape[2] == 3:
        return pixels, ()
    hidden = image[..., 3] == 0
    if not hidden.any():
        return pixels, (f"The alpha channel of '{name}' was dropped.",)
    share = f"{hidden.mean():.0%}" if hidden.mean() >= 0.01 else "Less than 1%"
    nearest = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    mirrored = 2 * nearest - np.indices(hidden.shape)
    height, width = hidden.shape
    rows, columns = np.clip(mirrored[0], 0, height - 1), np.clip(mirrored[1], 0, width - 1)
    beyond = hidden[rows, columns]
    rows, columns = np.where(beyond, nearest[0], rows), np.where(beyond, nearest[1], columns)
    return pixels[rows, columns], (
        f"{share} of '{name}' is fully transparent and was left out: what is beside it "
        "stands there instead.",
    )
