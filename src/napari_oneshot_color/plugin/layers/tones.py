"""Recognises RGB layers that are grey scans or toned prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

import numpy as np
from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_oneshot_color.pair.tones import is_nearly_grey, is_toned
from napari_oneshot_color.plugin.layers.snapshot import is_color, is_grayscale
from napari_oneshot_color.plugin.workers import start_worker
from napari_oneshot_color.stacks.computing import computed

if TYPE_CHECKING:
    from napari.layers import Image, Layer

    from napari_oneshot_color.settings import Settings

__all__ = ["TONES", "Tone", "Tones"]

_POINTS = 300  # number of samples along each side of an image in memory
_WINDOWS, _WINDOW = 4, 48  # number of windows along each side of a lazy image, and their side in px
_LEAST_CONTRAST = 0.05  # smallest range of a grey image, relative to white


class Tone(Enum):
    """The appearance of an RGB layer's pixels."""

    GREY = "grey with a slight tint"
    TONED = "toned in one hue, like a sepia print"
    COLOR = "in colour"


@dataclass
class _Known:
    """What is known about a layer."""

    tone: Tone | None = None
    is_asked_for: bool = False
    answer: bool | None = None


class Tones(QObject):
    """The tones of RGB layers, from a sample of their pixels, and the user's answers about them.

    A layer is checked once, and again after its data were replaced. For lazy data, a few small
    windows are computed in the background; until then, the layer counts as colour. The user's
    answer is kept as long as the layer exists, and never stored in the layer.
    """

    found = Signal()
    """Emitted when a tone was found in the background, or the user has answered."""

    def __init__(self) -> None:
        super().__init__()
        self._known: WeakKeyDictionary[Layer, _Known] = WeakKeyDictionary()

    def of(self, layer: Image) -> Tone:
        """Return the tone of an RGB layer."""
        known = self._of(layer)
        if known.tone is None and not known.is_asked_for:
            data = _smallest(layer)
            if _is_at_hand(data):
                known.tone = _tone(_sample(data))
            else:
                known.is_asked_for = True
                self._look(_bare(layer), data)
        return known.tone or Tone.COLOR

    def is_source(self, layer: Layer) -> bool:
        """Return whether a layer is in colour and not a grey scan."""
        if not is_color(layer):
            return False
        # only a part of a lazy layer was checked: let the user decide
        return self.of(layer) is not Tone.GREY or not _is_at_hand(_smallest(layer))

    def is_target(self, layer: Layer) -> bool:
        """Return whether a layer is grey, a grey scan, or a toned print accepted by the user."""
        if is_grayscale(layer):
            return True
        if not is_color(layer):
            return False
        return self.of(layer) is Tone.GREY or self._of(layer).answer is True

    def to_ask_about(self, layers: Iterable[Layer]) -> Layer | None:
        """Return the first toned print about which the user has not been asked."""
        for layer in layers:
            is_toned = is_color(layer) and self.of(layer) is Tone.TONED
            if is_toned and self._of(layer).answer is None:
                return layer
        return None

    def answer(self, layer: Layer, is_target: bool) -> None:
        """Store the user's answer about a toned print."""
        self._of(layer).answer = is_target
        self.found.emit()

    def settings_for(self, target: Layer | None, settings: Settings) -> Settings:
        """Return settings that accept a toned print, if the user wants it coloured."""
        if target is not None and is_color(target) and self._of(target).answer:
            return settings.replace(target_luminance=True)
        return settings

    def _of(self, layer: Layer) -> _Known:
        bare = _bare(layer)
        if bare not in self._known:
            self._known[bare] = _Known()
            bare.events.data.connect(partial(self._forget, ref(bare)))
        return self._known[bare]

    def _forget(self, layer: ref[Layer], event: object = None) -> None:
        bare = layer()
        if bare is not None and bare in self._known:
            known = self._known[bare]
            known.tone, known.is_asked_for = None, False

    def _look(self, layer: Layer, data: Any) -> None:
        start_worker(
            _tone_of_lazy,
            data,
            slots={"returned": partial(self._take, ref(layer), id(data))},
        )

    def _take(self, layer: ref[Layer], data: int, tone: Tone) -> None:
        bare = layer()
        if bare is None or id(_smallest(bare)) != data:
            return
        self._of(bare).tone = tone
        self.found.emit()


TONES = Tones()
"""The tones of the layers of all viewers."""


def _bare(layer: Layer) -> Layer:
    """Return a layer without the proxy that napari gives to plugins."""
    bare: Layer = getattr(layer, "__wrapped__", layer)
    return bare


def _smallest(layer: Any) -> Any:
    return layer.data[-1] if layer.multiscale else layer.data


def _is_at_hand(data: Any) -> bool:
    return isinstance(data, np.ndarray) and not isinstance(data, np.memmap)


def _middle(data: Any) -> Any:
    """Return the middle image of a stack."""
    return data[tuple(length // 2 for length in data.shape[:-3])]


def _sample(data: Any) -> np.ndarray:
    """Return a regular sample of the pixels of an image in memory."""
    image = _middle(data)
    rows, columns = (max(1, side // _POINTS) for side in image.shape[:2])
    return np.asarray(image[::rows, ::columns])


def _tone_of_lazy(data: Any) -> Tone:
    """Find the tone of a lazy image from small windows, for which few chunks are computed."""
    image = _middle(data)
    starts = [
        np.unique(np.linspace(0, max(0, side - _WINDOW), _WINDOWS, dtype=int))
        for side in image.shape[:2]
    ]
    windows = computed(
        *(image[y : y + _WINDOW, x : x + _WINDOW] for y in starts[0] for x in starts[1])
    )
    pixels = [window.reshape(-1, window.shape[-1]) for window in windows]
    return _tone(np.concatenate(pixels)[np.newaxis])


def _tone(sample: np.ndarray) -> Tone:
    if sample.size == 0 or sample.dtype.kind not in "buif":
        return Tone.COLOR
    white = 255 if sample.dtype == np.uint8 else max(1, sample[..., :3].max())
    if np.ptp(sample[..., :3].mean(axis=-1)) < _LEAST_CONTRAST * white:
        return Tone.COLOR
    if is_nearly_grey(sample):
        return Tone.GREY
    return Tone.TONED if is_toned(sample) else Tone.COLOR
