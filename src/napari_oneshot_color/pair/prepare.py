"""Prepares sources and targets: checked, float32 in [0, 1], at the working size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.pair.checks import as_array, check_limits, is_weight
from napari_oneshot_color.pair.limits import scaled_as_said
from napari_oneshot_color.pair.problems import source_problem, target_problem
from napari_oneshot_color.pair.sizes import choose_working_size, source_working_shape, working_shape
from napari_oneshot_color.pair.tones import has_equal_channels, is_nearly_grey
from napari_oneshot_color.pair.transparency import opaque
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
    """A source or target, ready for the method.

    Attributes
    ----------
    full : ndarray
        float32 in [0, 1] at full size: ``(H, W, 3)`` for a source, ``(H, W)`` for a target.
    working : ndarray
        The same at the working size.
    name, checksum : str
        Its name, and the SHA-256 of its original pixels, shape and dtype.
    notes : tuple of str
        Sentences about changes made to it.
    limits : tuple of float or None
        Values that became 0 and 1, if they were given.
    working_size : int
        In px: that of the settings, or for a source the one chosen for the pair.
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
        """Its name, size, checksum and limits, for the record."""
        height, width = self.full.shape[:2]
        return ImageRecord(
            name=self.name, height=height, width=width, sha256=self.checksum, limits=self.limits
        )


@dataclass(frozen=True)
class Source:
    """A colour example, with its name, limits and weight.

    Attributes
    ----------
    image : ndarray
        ``(H, W, 3)`` or ``(H, W, 4)``, any real dtype.
    name : str
        Its name in the record of the run.
    limits : tuple of float, optional
        Values that become 0 and 1; None scales by the dtype, or by the image's own range.
    weight : float
        How often training patches come from it, relative to the other sources.
    """

    image: AnyArray
    name: str = "source"
    limits: Limits | None = None
    weight: float = 1.0


def listed(
    source: AnyArray | Source | Sequence[Source], limits: Limits | None, name: str
) -> tuple[Source, ...]:
    """Return sources as a list; a single image or source becomes a list of one.

    Raises
    ------
    BadPairError
        If an element of a list is not a source.
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
    """Check a source, scale it to float32 and shrink it; see `prepare_sources`."""
    [prepared] = prepare_sources([Source(image, name, limits)], settings, target_shape)
    return prepared


def prepare_sources(
    sources: Sequence[Source], settings: Settings, target_shape: tuple[int, ...] | None = None
) -> tuple[Prepared, ...]:
    """Check sources, scale them to float32 and shrink them to one working size.

    If the working size is automatic, it is the largest that any of the sources needs.

    Parameters
    ----------
    sources : sequence of Source
        One or a few; their fully transparent parts are not used.
    settings : Settings
        For the working size.
    target_shape : tuple of int, optional
        Height and width in px of the target, if it is known; used with `source_scale` and for an
        automatic working size.

    Raises
    ------
    BadPairError
        If there is no source, one of them cannot be used, or a weight is not positive.
    """
    if not sources:
        raise BadPairError("There is no source. Choose at least one colour image.")
    target = None  # unknown, or not an image, which is reported later
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
        shapes = [one.full.shape[:2] for one in prepared]
        chosen = [choose_working_size(one.full, target, settings, shapes) for one in prepared]
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
    """Name the source in the error, if there are several."""
    try:
        yield
    except BadPairError as error:
        if len(sources) == 1:
            raise
        raise BadPairError(f"The source '{source.name}' cannot be used. {error}") from error


def _checked(source: Source, settings: Settings) -> Prepared:
    """Check a source and scale it to float32, without shrinking it."""
    image, name = as_array(source.image, "The source is"), source.name
    sentence = source_problem(image, settings)
    if sentence:
        raise BadPairError(sentence)
    pixels, dropped = opaque(image, name)
    full, notes = scaled_as_said(pixels, source.limits, name)
    limits, sha256 = _normal(source.limits, name), checksum(image)
    return Prepared(full, full, name, sha256, (*dropped, *notes), limits, weight=source.weight)


def _at_working_size(
    source: Prepared, target: tuple[int, int] | None, settings: Settings, notes: tuple[str, ...]
) -> Prepared:
    """Shrink a checked source to the size at which the method works."""
    height, width = source.full.shape[:2]
    working = source_working_shape((height, width), target, settings)
    if settings.source_scale and target is not None:
        notes += (
            f"A pixel of the source is {settings.source_scale:.3g} times as large as the target's: "
            f"the source is used at {working[1]} x {working[0]} px.",
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
    """Check a target, convert it to float32 grey and shrink it to the working size.

    Parameters
    ----------
    image : ndarray
        ``(H, W)``, any real dtype. Also ``(H, W, 3)`` or ``(H, W, 4)`` if the channels are equal
        or `target_luminance` is set.
    settings : Settings
        For the working size.
    limits : tuple of float, optional
        Values that become 0 and 1; None uses `dtype_limits`, or the image's own range.
    name : str
        Its name in the record.

    Raises
    ------
    BadPairError
        If the image cannot be used as a target.
    """
    image = as_array(image, "The target is")
    sentence = target_problem(image, settings)
    if sentence:
        raise BadPairError(sentence)
    notes = []
    pixels = image
    if image.ndim == 3 and image.shape[2] in (2, 4):
        notes.append(f"The alpha channel of '{name}' was ignored.")
    if image.ndim == 3 and image.shape[2] < 3:
        pixels = image[..., 0]
    elif image.ndim == 3:
        grey = has_equal_channels(image)
        if grey:
            notes.append(f"'{name}' has three equal channels and was read as grey.")
        elif is_nearly_grey(image):
            notes.append(f"'{name}' is grey with a slight tint: its luminance was used.")
        else:
            notes.append(f"'{name}' is in colour: its luminance was used.")
        pixels = image[..., 0] if grey else image[..., :3]
    full, said = scaled_as_said(pixels, limits, name)
    if full.ndim == 3:
        full = luminance(full)
    working = shrunk(full, working_shape(full.shape[0], full.shape[1], settings.working_size))
    return Prepared(full, working, name, checksum(image), (*notes, *said), _normal(limits, name))


def _normal(limits: Limits | None, name: str) -> Limits | None:
    """Convert limits of any library to plain numbers."""
    return None if limits is None else check_limits(limits, name)
