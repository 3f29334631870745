"""A layer of a stack whose slices are coloured in the background as they come into view."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import dask
from qtpy.QtCore import QTimer

from napari_oneshot_color.plugin.layers.snapshot import is_in
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.stacks.key_layers import as_keys
from napari_oneshot_color.plugin.stacks.slices import ColoredSlices, sentence_of

if TYPE_CHECKING:
    import dask.array as da
    from napari.components import LayerList
    from napari.layers import Image

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.run_layers import RunLayers
    from napari_oneshot_color.plugin.stacks.slices import Index
    from napari_oneshot_color.progress import Progress

__all__ = ["LiveSlices", "colored_steps"]


class LiveSlices:
    """Adds the layer of a stack, and colours each slice that comes into view.

    napari's sliders wait until a slice is computed. So when it redraws, it is given a slice that is
    not known yet in grey; a thread then colours the one that is in view. Whoever else reads the
    layer's data, such as a writer, waits for colours.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where the layer goes.
    colorizer : Colorizer
        Colours the slices.
    target : LayerImage
        The stack.
    slices : ColoredSlices
        Its colours.

    Attributes
    ----------
    slices : ColoredSlices
        As given. They keep this object alive, and so does the layer's data alone.
    target : LayerImage
        As given.
    provenance : dict
        What the metadata say of all slices, as JSON can hold it.
    layer : Image or None
        Once it was added.
    coloring : Jobs
        Colours the slice in view.
    """

    def __init__(
        self, layers: LayerList, colorizer: Colorizer, target: LayerImage, slices: ColoredSlices
    ) -> None:
        self.target = target
        self._colorizer = colorizer
        self.provenance = _provenance(colorizer, target, slices)
        self.layer: Image | None = None
        self.slices = slices
        self.slices.report = self._on_failure
        self.slices.array.instead = self._preview_for_napari
        self._layers = layers
        self._knows_who_asks = not _is_fusion_off()
        self.coloring = Jobs(holds_viewer=False)
        self._view: frozenset[Index] = frozenset()
        self._said: set[str] = set()

    @property
    def is_shown(self) -> bool:
        """Whether the user still has the layer, with these slices in it."""
        has_layer = self.layer is not None and is_in(self._layers, self.layer)
        return has_layer and self.layer.data is self.slices.array  # type: ignore[union-attr]

    @property
    def slice_count(self) -> int:
        """How many slices there are."""
        return math.prod(self.target.data.shape[:-2])

    def identity(self) -> dict[str, Any]:
        """Describe what the colours depend on; part of the stack is read for it."""
        samples = {"sha256_of_samples": self.slices.samples_checksum()}
        target = {**self.provenance["target"], **samples}
        return {**self.provenance, "target": target, "colorizer": self._colorizer.checksum}

    def add_to(self, layers: RunLayers) -> None:
        """Add the layer; its first slice is grey until its colours are computed."""
        self.layer = layers.add_stack("final", self.slices.array, self.provenance)
        self.layer.visible = True

    def replace(self, images: Any) -> None:
        """Show all slices from elsewhere, ``(…, H, W, 3)`` uint8, if the user has the layer."""
        if self.is_shown:
            assert self.layer is not None
            self.layer.data = images

    def _preview_for_napari(self) -> da.Array | None:
        """Return the grey preview while napari redraws in the main thread, which must not wait."""
        if not (self._knows_who_asks and _napari_redraws()):
            return None
        self.slices.missing.clear()
        self.slices.viewed.clear()
        QTimer.singleShot(0, self._color_missing)
        return self.slices.preview

    def _color_missing(self) -> None:
        view = frozenset(self.slices.viewed)
        missing = set(self.slices.missing)
        self.slices.missing.clear()
        if view != self._view:  # slices that failed are tried again when they return
            self._view = view
            missing |= {index for index in view if self.slices.has_failed(index)}
            self.slices.forget_failures()
        if len(missing) == 1:
            self._color(missing.pop())
        elif missing:
            self._say(
                "Several slices are in view at once. Those that were not looked at one by one "
                "are grey; 'Compute all…' colours them."
            )

    def _color(self, index: Index) -> None:
        if not self.coloring.is_busy:  # otherwise the slice in view follows when that one is done
            self.coloring.ask(partial(self.slices.color, index), self._on_colored)

    def _on_colored(self, image: object) -> None:
        if self.is_shown:
            assert self.layer is not None
            self.layer.refresh()

    def _on_failure(self, index: Index, error: Exception) -> None:
        sentence = sentence_of(error)
        if sentence not in self._said:
            place = ", ".join(str(number) for number in index)
            self._say(f"Slice {place} of '{self.target.name}' stays grey. {sentence}", sentence)

    def _say(self, message: str, sentence: str = "") -> None:
        key = sentence or message
        if key not in self._said:
            self._said.add(key)
            notices.notify(message)


def _napari_redraws() -> bool:
    """Whether this is napari's own slicing, in the main thread and so in the way of the user.

    For its slicing alone, napari switches the fusion of dask's tasks off. Its experimental slicing
    in threads needs no help. Where that cannot be known, colours are waited for.
    """
    from napari.settings import get_settings

    is_main = threading.current_thread() is threading.main_thread()
    return is_main and _is_fusion_off() and not get_settings().experimental.async_


def _is_fusion_off() -> bool:
    return dask.config.get("optimization.fuse.active", None) is False


def colored_steps(
    colorizer: Colorizer,
    target: LayerImage,
    keys: Mapping[int, LayerImage],
    stop: threading.Event,
) -> Generator[Progress, None, ColoredSlices]:
    """Look at the slices that were given in colour, and return all slices in colour, lazily."""
    yield from ()
    return ColoredSlices.of(colorizer, target, as_keys(keys))


def _provenance(colorizer: Colorizer, target: LayerImage, slices: ColoredSlices) -> dict[str, Any]:
    """Describe a stack; a checksum would take all of its pixels."""
    described: dict[str, Any] = {"name": target.name, "shape": list(target.data.shape)}
    if target.limits is not None:
        described["limits"] = list(target.limits)
    record = colorizer.record.replace(keys=slices.keys or None)
    return record.to_dict() | {"target": described, "notes": list(target.notes)}
