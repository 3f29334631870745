"""The layers of one run: added as its stages end, updated by reference and never by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.plugin.layers.geometry import Geometry
from napari_oneshot_color.plugin.layers.kinds import BYTES, LAB, is_colored, layer_name, new_layer
from napari_oneshot_color.plugin.layers.labels import put_labels
from napari_oneshot_color.plugin.layers.snapshot import LayerImage, is_in, metadata
from napari_oneshot_color.plugin.runs.earlier_layers import EarlierLayers
from napari_oneshot_color.plugin.runs.pictures import EDITED, Picture

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Labels, Layer

    from napari_oneshot_color.result.result import Result

__all__ = ["RunLayers"]


class RunLayers:
    """Adds and updates the layers of one run.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where the layers go. Not the viewer itself: the session keeps runs, and may not keep it.
    target : LayerImage
        Lends them its geometry and its name.
    wanted : set of str
        Kinds of `plugin.layers.kinds.LAYERS` to add.
    number : int
        Counts the runs of the target, which makes the layers' names differ.
    before : RunLayers, optional
        Layers of an earlier run that are refreshed, all of them, instead of adding others.

    Attributes
    ----------
    number : int
        As given.
    by_kind : dict
        Kinds and layers, also those that the user removed since.
    """

    def __init__(
        self,
        layers: LayerList,
        target: LayerImage,
        wanted: set[str],
        number: int = 1,
        before: RunLayers | None = None,
    ) -> None:
        self.by_kind: dict[str, Layer] = {} if before is None else dict(before.by_kind)
        self._list = layers
        self._target = target
        self._wanted = {*wanted, *self.by_kind}
        if "L*a*b*" in wanted:
            self._wanted |= set(LAB)
        self.number = number
        self._plane = target.geometry.plane()
        self._epochs: list[np.ndarray] = []
        self._before = EarlierLayers(self.by_kind)
        self._shown: dict[str, Picture] = {}
        self._is_live = False
        self._active = layers.selection.active
        self._whole: Geometry | None = None  # of the final layer, while it shows a sample

    def __getitem__(self, kind: str) -> Any:
        return self.by_kind[kind]

    def __contains__(self, kind: str) -> bool:
        return kind in self.by_kind

    @property
    def target_name(self) -> str:
        """The target's name when the run started."""
        return self._target.name

    @property
    def regions(self) -> Labels | None:
        """The layer of the regions, if there is one and the user still has it."""
        return self._there("regions")

    @property
    def uncertainty(self) -> Image | None:
        """The layer of the uncertainty, if there is one and the user still has it."""
        return self._there("uncertainty")

    @property
    def final(self) -> Image | None:
        """The layer of the final image, if there is one and the user still has it."""
        return self._there("final")

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of layers that a result is shown in."""
        return frozenset(self._wanted) | frozenset(self.by_kind)

    @property
    def is_there(self) -> bool:
        """Whether the user still has a layer with which the result can be changed."""
        return self.regions is not None or self.final is not None

    @property
    def has_layers(self) -> bool:
        """Whether the user has not removed all of its layers."""
        return not self.by_kind or any(is_in(self._list, layer) for layer in self.by_kind.values())

    def is_taken_over_by(self, other: RunLayers) -> bool:
        """Whether another run refreshes this one's layers."""
        return any(layer is other.by_kind.get(kind) for kind, layer in self.by_kind.items())

    def show_live(self, image: np.ndarray) -> None:
        """Show how far the training is: the lattice tiles in place, ``(h, w, 3)``.

        They are seen where the final image will be, unless they have a layer of their own.
        """
        kind = "tiles" if "tiles" in self._wanted else "final"
        self.show(kind, image)
        if not self._is_live and is_in(self._list, self.by_kind.get(kind)):
            self._is_live = True
            self._show_only(kind)

    def add_epoch(self, image: np.ndarray) -> None:
        """Add the result of an epoch, ``(h, w, 3)``, to the stack."""
        self._epochs.append(Picture.of("epochs", image).pixels)
        self.show("epochs", np.stack(self._epochs))

    def show_steps(self, result: Result, shown: dict[str, Picture]) -> Iterator[str]:
        """Show every stage of a result, layer by layer; the final image ends on top.

        Parameters
        ----------
        result : Result
            What is shown.
        shown : dict
            Its pictures, made for `kinds`.

        Yields
        ------
        str
            The kind of the layer that was shown just now.
        """
        described = metadata(result.provenance)
        before: Layer | None = None
        for kind, picture in shown.items():
            self._show(kind, picture, described)
            if before is not None:
                before.visible = False  # all that is seen is drawn anew whenever one is added
            before = self._there(kind)
            yield kind
        if result.uncertainty is None and self._there("uncertainty") is not None:
            self._list.remove(self.by_kind.pop("uncertainty"))  # the one before would mislead
        there = [kind for kind, layer in self.by_kind.items() if is_in(self._list, layer)]
        if self.final is not None and "final" not in self._before:  # it was there live
            highest = max(self._list.index(self.by_kind[kind]) for kind in there)
            self._list.move(self._list.index(self.final), highest + 1)
        if there:
            top = "final" if "final" in there else there[-1]
            self._show_only(top)
            self._list.selection.active = self.by_kind[top]

    def update(self, result: Result, shown: dict[str, Picture]) -> None:
        """Bring the layers that edits and hints change up to date, if the user still has them.

        Parameters
        ----------
        result : Result
            As it is now.
        shown : dict
            Its pictures, made for `edited_kinds`.
        """
        described = metadata(result.provenance)
        for kind, picture in shown.items():
            layer = self._there(kind)
            if layer is not None:
                if not picture.is_in(layer, self._shown.get(kind)):
                    self._fill(kind, layer, picture)
                layer.metadata = described

    @property
    def edited_kinds(self) -> frozenset[str]:
        """The kinds of its layers that edits and hints change."""
        return frozenset(kind for kind in EDITED if self._there(kind) is not None)

    def hide(self) -> None:
        """Hide its layers."""
        for layer in self.by_kind.values():
            layer.visible = False

    def show_final(self, result: Result) -> None:
        """Show the final image and no other one of its layers; one that was removed comes back."""
        self._bring_back("final", result.final, result)
        self._show_only("final")
        self._list.selection.active = self["final"]

    def show_uncertainty(self, result: Result) -> None:
        """Bring the layer of the uncertainty above the final one, and add it if it is not there."""
        assert result.uncertainty is not None
        self._bring_back("uncertainty", result.uncertainty, result)
        self._raise("uncertainty")

    def show_regions(self, result: Result, regions: NDArray[np.integer]) -> None:
        """Bring the layer of the regions above the final one, and add it if it is not there.

        Parameters
        ----------
        result : Result
            For the metadata.
        regions : ndarray
            ``(h, w)`` integer, of which a layer that is added gets a copy.
        """
        self._bring_back("regions", regions.copy(), result)
        self._raise("regions")

    def put_regions(self, regions: NDArray[np.integer]) -> None:
        """Show regions, ``(h, w)`` integer, in their layer, if the user has it; Ctrl+Z works on."""
        layer = self.regions
        if layer is not None:
            put_labels(layer, regions)

    def has(self, layer: Layer) -> bool:
        """Whether the user still has a layer, of this run or not."""
        return is_in(self._list, layer)

    def show_sample(self, step: int, picture: Picture) -> None:
        """Show some pixels of a final image in its layer, until `update` or `end_samples`.

        Parameters
        ----------
        step : int
            Of all rows and columns they are every `step`-th, from number ``step // 2`` on.
        picture : Picture
            The sample.
        """
        layer = self.final
        if layer is None:
            return
        if self._whole is None:
            self._whole = Geometry.of(layer)
        layer.data = picture.pixels
        for name, value in self._whole.sampled(step).items():
            setattr(layer, name, value)

    def end_samples(self) -> None:
        """Show the whole final image again, as it was."""
        layer = self.final
        if self._whole is not None and layer is not None:
            self._fill("final", layer, self._shown["final"])

    def _raise(self, kind: str) -> None:
        """Bring a layer into sight, above the final one."""
        layer = self[kind]
        layer.visible = True
        if self.final is not None:
            place = self._list.index(self.final)
            if self._list.index(layer) < place:
                self._list.move(self._list.index(layer), place + 1)

    def add_stages(self, result: Result, shown: dict[str, Picture]) -> Iterator[str]:
        """Add the layers of stages below the final image, in their order, all of them visible.

        Parameters
        ----------
        result : Result
            What is shown.
        shown : dict
            Pictures of it, of other kinds than "final".

        Yields
        ------
        str
            The kind of the layer that was shown just now.
        """
        for kind, picture in shown.items():
            if self._there(kind) is None:
                self.by_kind.pop(kind, None)
                self._wanted.add(kind)
                self._show(kind, picture, metadata(result.provenance))
                if self.final is not None:
                    place = self._list.index(self.final)
                    self._list.move(self._list.index(self.by_kind[kind]), place)
            self.by_kind[kind].visible = True
            yield kind

    def remove(self, kinds: Collection[str]) -> None:
        """Remove layers, which are wanted no more."""
        for kind in kinds:
            layer = self.by_kind.pop(kind, None)
            self._wanted.discard(kind)
            if layer is not None and is_in(self._list, layer):
                self._list.remove(layer)

    def add_stack(self, kind: str, images: Any, provenance: dict[str, Any]) -> Layer:
        """Add a hidden layer of a lazy stack in place of the target; none of it is computed.

        Parameters
        ----------
        kind : str
            One of `plugin.layers.kinds.LAYERS`.
        images : dask.array.Array
            ``(…, H, W, 3)`` uint8, with the target's own leading axes. It is not cached.
        provenance : dict
            For the metadata.
        """
        arguments = self._target.geometry.arguments(images.shape[-3:-1])
        lazily = {"visible": False, "cache": False}
        return self._add(kind, images, metadata(provenance), arguments | lazily)

    def show(self, kind: str, image: np.ndarray, described: dict[str, Any] | None = None) -> None:
        """Add or refresh a layer, whose metadata come with the result."""
        self._show(kind, Picture.of(kind, image), described)

    def _bring_back(self, kind: str, image: np.ndarray, result: Result) -> None:
        """Add a layer of a result that is not there, or that the user removed."""
        if self._there(kind) is None:
            self.by_kind.pop(kind, None)
            self._wanted.add(kind)
            self.show(kind, image, metadata(result.provenance))

    def _show(self, kind: str, picture: Picture, described: dict[str, Any] | None) -> None:
        layer = self.by_kind.get(kind)
        image = picture.pixels
        if layer is None:
            if kind in self._wanted:
                described = described or metadata({"finished": False})  # it is one of ours already
                self._add(kind, image, described, self._arguments(kind, image))
                self._shown[kind] = picture
            return
        if not is_in(self._list, layer):
            return  # one that the user removed stays away
        self._before.note(kind, layer)
        has_moved = described is not None or layer.data.shape[-3:] != image.shape[-3:]
        self._fill(kind, layer, picture)
        if has_moved:
            for name, value in self._arguments(kind, image).items():
                setattr(layer, name, value)
        if described is not None:
            layer.metadata = described

    def _fill(self, kind: str, layer: Any, picture: Picture) -> None:
        is_foreign = layer.data.dtype != picture.pixels.dtype
        layer.data = picture.pixels
        if is_foreign and is_colored(kind):  # the limits were those of what the user put there
            layer.contrast_limits = BYTES
        self._shown[kind] = picture
        if kind == "final" and self._whole is not None:
            for name, value in self._whole.arguments(self._whole.shape).items():
                setattr(layer, name, value)
            self._whole = None

    def undo(self) -> None:
        """Leave the layers as they were before the run: a run that failed shows nothing."""
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

    def _there(self, kind: str) -> Any:
        """Return a layer that the run has and the user did not remove, or None."""
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
