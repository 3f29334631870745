"""The layers of a run, which are kept by reference and never looked up by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.plugin.layers.geometry import Geometry
from napari_oneshot_color.plugin.layers.kinds import BYTES, LAB, is_colored, layer_name, new_layer
from napari_oneshot_color.plugin.layers.snapshot import LayerImage, is_in, metadata
from napari_oneshot_color.plugin.runs.earlier_layers import EarlierLayers
from napari_oneshot_color.plugin.runs.pictures import Picture, Sample

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.result.result import Result

__all__ = ["OwnLayers"]


class OwnLayers:
    """The layers of a run by kind, and methods that put pictures into them.

    The parameters are those of `plugin.runs.run_layers.RunLayers`.

    Attributes
    ----------
    number : int
        Number of the target's run.
    by_kind : dict
        The layers by kind, including those that the user has removed.
    """

    def __init__(
        self,
        layers: LayerList,
        target: LayerImage,
        wanted: set[str],
        number: int = 1,
        before: OwnLayers | None = None,
    ) -> None:
        self.by_kind: dict[str, Layer] = {} if before is None else dict(before.by_kind)
        self._list = layers
        self._target = target
        self._wanted = {*wanted, *self.by_kind}
        if "L*a*b*" in wanted:
            self._wanted |= set(LAB)
        self.number = number
        self._plane = target.geometry.plane()
        self._before = EarlierLayers(self.by_kind)
        self._shown: dict[str, Picture] = {}
        self._active = layers.selection.active
        self._whole: Geometry | None = None  # geometry of the final layer while it shows a sample
        self._step = 1  # step of that sample

    def __getitem__(self, kind: str) -> Any:
        return self.by_kind[kind]

    def __contains__(self, kind: str) -> bool:
        return kind in self.by_kind

    @property
    def target_name(self) -> str:
        """The target's name when the run started."""
        return self._target.name

    @property
    def final(self) -> Image | None:
        """The layer of the final image, if it exists and was not removed."""
        return self._there("final")

    @property
    def has_layers(self) -> bool:
        """Whether at least one of its layers was not removed."""
        return not self.by_kind or any(is_in(self._list, layer) for layer in self.by_kind.values())

    def is_taken_over_by(self, other: OwnLayers) -> bool:
        """Return whether another run refreshes this one's layers."""
        return any(layer is other.by_kind.get(kind) for kind, layer in self.by_kind.items())

    def has(self, layer: Layer) -> bool:
        """Return whether a layer, of this run or not, is still in the list."""
        return is_in(self._list, layer)

    def show_sample(self, sample: Sample) -> None:
        """Show a sample of a final image in its layer, until the next one or `end_samples`."""
        layer = self.final
        if layer is None:
            return
        if self._whole is None:
            self._whole = Geometry.of(layer)
        layer.data = sample.picture.pixels
        if sample.step != self._step:  # napari redraws a layer for each part of its geometry
            self._step = sample.step
            _place(layer, self._whole.sampled(sample.step))

    def end_samples(self) -> None:
        """Show the whole final image again."""
        layer = self.final
        if self._whole is not None and layer is not None:
            self._fill("final", layer, self._shown["final"])

    def remove(self, kinds: Collection[str]) -> None:
        """Remove the layers of some kinds."""
        for kind in kinds:
            layer = self.by_kind.pop(kind, None)
            self._wanted.discard(kind)
            if layer is not None and is_in(self._list, layer):
                self._list.remove(layer)

    def show(self, kind: str, image: np.ndarray, described: dict[str, Any] | None = None) -> None:
        """Add or refresh a layer; its metadata are set with the result."""
        self._show(kind, Picture.of(kind, image), described)

    def _bring_back(self, kind: str, image: np.ndarray, result: Result) -> None:
        """Add a layer of a result that does not exist or was removed."""
        if self._there(kind) is None:
            self.by_kind.pop(kind, None)
            self._wanted.add(kind)
            self.show(kind, image, metadata(result.provenance))

    def _show(self, kind: str, picture: Picture, described: dict[str, Any] | None) -> None:
        layer = self.by_kind.get(kind)
        image = picture.pixels
        if layer is None:
            if kind in self._wanted:
                described = described or metadata({"finished": False})  # marks it as ours
                self._add(kind, image, described, self._arguments(kind, image))
                self._shown[kind] = picture
            return
        if not is_in(self._list, layer):
            return  # do not add a removed layer again
        self._before.note(kind, layer)
        has_moved = described is not None or layer.data.shape[-3:] != image.shape[-3:]
        self._fill(kind, layer, picture)
        if has_moved:
            _place(layer, self._arguments(kind, image))
        if described is not None:
            layer.metadata = described

    def _fill(self, kind: str, layer: Any, picture: Picture) -> None:
        is_foreign = layer.data.dtype != picture.pixels.dtype
        layer.data = picture.pixels
        if is_foreign and is_colored(kind):  # the user's data had other contrast limits
            layer.contrast_limits = BYTES
        self._shown[kind] = picture
        if kind == "final" and self._whole is not None:
            if self._step != 1:
                _place(layer, self._whole.arguments(self._whole.shape))
            self._whole, self._step = None, 1

    def undo(self) -> None:
        """Restore the layers from before the run, for a run that failed."""
        for kind, layer in list(self.by_kind.items()):
            if not is_in(self._list, layer):
                continue
            if kind in self._before:
                self._before.bring_back(kind, layer)
            else:
                self._list.remove(layer)
                del self.by_kind[kind]
        if is_in(self._list, self._active):
            self._list.selection.active = self._active

    def _raise(self, kind: str) -> None:
        """Make a layer visible, above the final one."""
        layer = self[kind]
        layer.visible = True
        if self.final is not None:
            place = self._list.index(self.final)
            if self._list.index(layer) < place:
                self._list.move(self._list.index(layer), place + 1)

    def _there(self, kind: str) -> Any:
        """Return a layer of the run, or None if it does not exist or was removed."""
        layer = self.by_kind.get(kind)
        return layer if is_in(self._list, layer) else None

    def _show_only(self, shown: str) -> None:
        for kind, layer in self.by_kind.items():
            layer.visible = kind == shown

    def _arguments(self, kind: str, image: np.ndarray) -> dict[str, Any]:
        if kind == "epochs":
            return self._plane.stacked("epoch").arguments(image.shape[1:3])
        return self._plane.arguments(image.shape[:2])

    def _add(
        self, kind: str, image: np.ndarray, described: dict[str, Any], arguments: dict[str, Any]
    ) -> Layer:
        name = layer_name(kind, self.target_name, self.number)
        arguments |= {"name": name, "metadata": described}
        self._list.append(new_layer(kind, image, arguments))
        self.by_kind[kind] = self._list[-1]
        return self.by_kind[kind]


def _place(layer: Layer, geometry: dict[str, Any]) -> None:
    for name, value in geometry.items():
        setattr(layer, name, value)
