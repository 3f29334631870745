"""A stack's coloured slices as an array for a layer, in which no slice can fail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np

from napari_oneshot_color.errors import BadPairError, OneshotColorError, translated_errors
from napari_oneshot_color.stacks.by_slice import by_slice
from napari_oneshot_color.stacks.computing import computed
from napari_oneshot_color.stacks.recent import Recent, bytes_of

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.pair.prepare import Source
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.record import KeyRecord
    from napari_oneshot_color.types import Limits

__all__ = ["ColoredSlices", "Index", "lazy", "limits_of", "sentence_of"]

_LARGEST_KEPT = 512 * 2**20  # bytes of slices that were looked at
_TRIES = 2  # of an unexpected error: a network drive may be away for a moment

Index = tuple[int, ...]


def lazy(data: Any) -> da.Array:
    """Wrap a layer's array, one chunk per slice; what is lazy already keeps its chunks.

    Nothing of it is copied or looked at.
    """
    if dask.is_dask_collection(data):
        return da.asanyarray(data)
    return by_slice(data.__getitem__, data.shape, data.dtype, data.ndim - 2)


class ShownArray(da.Array):
    """A dask array that hands another array to a caller that redraws.

    Attributes
    ----------
    instead : callable
        Is asked whenever a part is taken, and returns that other array, or None.
    """

    # napari hides what is private of its own objects from plugins, and of all whose module is
    # called after it: dask could not work with this one
    __module__ = da.Array.__module__

    instead: Callable[[], da.Array | None] = staticmethod(lambda: None)

    def __getitem__(self, index: Any) -> da.Array:
        other = self.instead()
        return super().__getitem__(index) if other is None else other[index]


class ColoredSlices:
    """Colours slices when asked to, and shows those in grey that cannot be coloured.

    Parameters
    ----------
    colored : dask.array.Array
        ``(…, H, W, 3)`` uint8, of `stacks.lazy.colorize_stack`.
    stack : dask.array.Array
        ``(…, H, W)``, any real dtype: what is coloured.
    limits : tuple of float
        Values of the stack that become 0 and 1.
    report : callable, optional
        Is called with a slice's index and the error when it fails, in any thread.
    keys : tuple of KeyRecord
        Slices that were given in colour.

    Attributes
    ----------
    array : ShownArray
        As `colored`, in chunks of one slice, for a layer.
    preview : dask.array.Array
        The same, but of slices that are not known yet it has the grey ones, at once.
    viewed, missing : set of tuple of int
        Indices of slices that `preview` was asked for, and of those that it had in grey.
    """

    def __init__(
        self,
        colored: da.Array,
        stack: da.Array,
        limits: Limits,
        report: Callable[[Index, Exception], None] | None = None,
        keys: tuple[KeyRecord, ...] = (),
    ) -> None:
        self.colored = colored
        self.report = report
        self.keys = keys
        self.viewed: set[Index] = set()
        self.missing: set[Index] = set()
        self._failed: dict[Index, np.ndarray] = {}
        self._stack = stack
        self._limits = limits
        self._known: Recent[np.ndarray] = Recent(_LARGEST_KEPT, bytes_of)
        shape, leading = (*stack.shape, 3), stack.ndim - 2
        whole = by_slice(self._colored_slice, shape, np.uint8, leading)
        self.array = ShownArray(whole.dask, whole.name, whole.chunks, meta=whole)
        self.preview = by_slice(self._preview_slice, shape, np.uint8, leading)

    @classmethod
    def of(
        cls, colorizer: Colorizer, target: LayerImage, keys: Mapping[int, Source] | None = None
    ) -> ColoredSlices:
        """Colour a stack; nothing is computed yet, but for a look at the slices of keys.

        Raises
        ------
        BadPairError
            If the stack cannot be coloured, or a key cannot be used.
        """
        from napari_oneshot_color.stacks.keys import key_records
        from napari_oneshot_color.stacks.lazy import colorize_stack

        stack, limits = lazy(target.data), limits_of(target)
        colored = colorize_stack(colorizer, stack, limits=limits, keys=keys)
        return cls(colored, stack, limits, keys=key_records(keys or {}))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the slices that this process has coloured."""
        return ColoredSlices, (self.colored, self._stack, self._limits)

    def color(self, index: Index, scheduler: str | None = None) -> np.ndarray:
        """Colour a slice, or look it up; in grey if it fails, which is reported.

        Parameters
        ----------
        index : tuple of int
            One for each leading axis.
        scheduler : str, optional
            dask's; None takes its default.

        Returns
        -------
        ndarray
            ``(H, W, 3)`` uint8.
        """
        known = self._known.get(index)
        if known is not None:
            return known
        try:
            with translated_errors():
                image = self._computed(index, scheduler)
        except Exception as error:  # for example of the user's own reader
            image = self._grey(index)
            if isinstance(error, BadPairError):  # the pixels are to blame, and stay as they are
                self._known.keep(index, image)
            else:
                self._failed[index] = image
            if self.report is not None:
                self.report(index, error)
            return image
        self._known.keep(index, image)
        return image

    def forget_failures(self) -> None:
        """Try slices again whose colouring failed for reasons that may pass."""
        self._failed.clear()

    def has_failed(self, index: Index) -> bool:
        """Whether a slice could not be coloured, for reasons that may pass."""
        return index in self._failed

    def samples_checksum(self) -> str:
        """SHA-256 of the first, the middle and the last slice, in hexadecimal.

        It distinguishes stacks that are too large to be read for that.
        """
        shape = self._stack.shape[:-2]
        middle = tuple(length // 2 for length in shape)
        last = tuple(length - 1 for length in shape)
        samples = computed(*(self._stack[index] for index in ((0,) * len(shape), middle, last)))
        digest = hashlib.sha256()
        for sample in samples:
            digest.update(np.ascontiguousarray(sample).tobytes())
        return digest.hexdigest()

    def _colored_slice(self, index: Index) -> np.ndarray:
        return self.color(index, "synchronous")  # dask is at work on several slices already

    def _computed(self, index: Index, scheduler: str | None) -> np.ndarray:
        for left in reversed(range(_TRIES)):
            try:
                [image] = computed(self.colored[index], scheduler=scheduler)
                return image
            except (OneshotColorError, MemoryError, RuntimeError):
                raise
            except Exception:
                if not left:
                    raise
        raise AssertionError

    def _preview_slice(self, index: Index) -> np.ndarray:
        self.viewed.add(index)
        image = self._known.get(index)
        if image is None:
            image = self._failed.get(index)
        if image is None:
            self.missing.add(index)
            image = self._grey(index)
        return image

    def _grey(self, index: Index) -> np.ndarray:
        from napari_oneshot_color.files.formats import as_dtype
        from napari_oneshot_color.pair.limits import scaled

        try:
            [pixels] = computed(self._stack[index], scheduler="synchronous")
            if pixels.dtype.kind == "f":
                pixels = np.nan_to_num(pixels, nan=self._limits[0])
            grey = as_dtype(scaled(pixels, self._limits), np.dtype(np.uint8))
        except Exception:  # reported when it is coloured
            grey = np.zeros(self._stack.shape[-2:], np.uint8)
        return np.repeat(grey[..., np.newaxis], 3, axis=-1)


def limits_of(target: LayerImage) -> Limits:
    """Return the values of a stack that become 0 and 1."""
    from napari_oneshot_color.stacks.limits import stack_limits

    return target.limits or stack_limits(lazy(target.data))  # otherwise it holds bytes or bool


def sentence_of(error: Exception) -> str:
    """Say what is wrong with a slice."""
    if isinstance(error, BadPairError):
        return str(error)
    sentence = str(error)
    if not isinstance(error, OneshotColorError):
        sentence = f"Something unforeseen happened twice ({type(error).__name__}: {error})."
    return f"{sentence} It is tried again when you come back to it."
