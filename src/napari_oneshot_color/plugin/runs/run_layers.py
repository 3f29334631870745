"""The layers of one run: added as its stages end, updated by reference and never by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_oneshot_color.plugin.layers.labels import put_labels
from napari_oneshot_color.plugin.layers.snapshot import LayerImage, is_in, metadata
from napari_oneshot_color.plugin.runs.own_layers import OwnLayers
from napari_oneshot_color.plugin.runs.pictures import EDITED, Picture

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Labels, Layer

    from napari_oneshot_color.result.result import Result

__all__ = ["RunLayers"]


class RunLayers(OwnLayers):
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
    """

    def __init__(
        self,
        layers: LayerList,
        target: LayerImage,
        wanted: set[str],
        number: int = 1,
        before: RunLayers | None = None,
    ) -> None:
        super().__init__(layers, target, wanted, number, before)
        self._epochs: list[np.ndarray] = []
        self._is_live = False

    @property
    def regions(self) -> Labels | None:
        """The layer of the regions, if there is one and the user still has it."""
        return self._there("regions")

    @property
    def uncertainty(self) -> Image | None:
        """The layer of the uncertainty, if there is one and the user still has it."""
        return self._there("uncertainty")

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of layers that a result is shown in."""
        return frozenset(self._wanted) | frozenset(self.by_kind)

    @property
    def is_there(self) -> bool:
        """Whether the user still has a layer with which the result can be changed."""
        return self.regions is not None or self.final is not None

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
