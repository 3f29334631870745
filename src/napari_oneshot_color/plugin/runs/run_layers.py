"""The layers of one run: added when stages end, and updated by reference, never by name."""

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
        The list to which layers are added. It is not the viewer, because the session keeps runs
        and must not keep the viewer alive.
    target : LayerImage
        The target, from which the layers take their geometry and name.
    wanted : set of str
        Kinds of `plugin.layers.kinds.LAYERS` to add.
    number : int
        Number of the target's run, for the names of the layers.
    before : RunLayers, optional
        The layers of an earlier run, which are all refreshed instead of adding new ones.
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
        """The regions layer, if it exists and was not removed."""
        return self._there("regions")

    @property
    def uncertainty(self) -> Image | None:
        """The uncertainty layer, if it exists and was not removed."""
        return self._there("uncertainty")

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of layers in which a result is shown."""
        return frozenset(self._wanted) | frozenset(self.by_kind)

    @property
    def is_there(self) -> bool:
        """Whether a layer with which the result can be changed was not removed."""
        return self.regions is not None or self.final is not None

    def show_live(self, image: np.ndarray) -> None:
        """Show the current state of the training: the lattice tiles in place, ``(h, w, 3)``.

        They are shown in the final layer, unless they have their own.
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
        """Show every stage of a result, layer by layer; the final image is on top.

        Parameters
        ----------
        result : Result
            The result.
        shown : dict
            Its pictures, for `kinds`.

        Yields
        ------
        str
            The kind of the layer that was just shown.
        """
        described = metadata(result.provenance)
        before: Layer | None = None
        for kind, picture in shown.items():
            self._show(kind, picture, described)
            if before is not None:
                before.visible = False  # visible layers are redrawn whenever one is added
            before = self._there(kind)
            yield kind
        if result.uncertainty is None and self._there("uncertainty") is not None:
            self._list.remove(self.by_kind.pop("uncertainty"))  # the old one would be misleading
        there = [kind for kind, layer in self.by_kind.items() if is_in(self._list, layer)]
        if self.final is not None and "final" not in self._before:  # it was shown during training
            highest = max(self._list.index(self.by_kind[kind]) for kind in there)
            self._list.move(self._list.index(self.final), highest + 1)
        if there:
            top = "final" if "final" in there else there[-1]
            self._show_only(top)
            self._list.selection.active = self.by_kind[top]

    def update(self, result: Result, shown: dict[str, Picture]) -> None:
        """Update the layers that edits and hints change, unless they were removed.

        Parameters
        ----------
        result : Result
            The current result.
        shown : dict
            Its pictures, for `edited_kinds`.
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
        """Show only the final image of its layers; a removed layer is added again."""
        self._bring_back("final", result.final, result)
        self._show_only("final")
        self._list.selection.active = self["final"]

    def show_uncertainty(self, result: Result) -> None:
        """Raise the uncertainty layer above the final one; add it if it does not exist."""
        assert result.uncertainty is not None
        self._bring_back("uncertainty", result.uncertainty, result)
        self._raise("uncertainty")

    def show_regions(self, result: Result, regions: NDArray[np.integer]) -> None:
        """Raise the regions layer above the final one; add it if it does not exist.

        Parameters
        ----------
        result : Result
            For the metadata.
        regions : ndarray
            ``(h, w)`` integer; a new layer gets a copy.
        """
        self._bring_back("regions", regions.copy(), result)
        self._raise("regions")

    def put_regions(self, regions: NDArray[np.integer]) -> None:
        """Write regions, ``(h, w)`` integer, into their layer, if any; Ctrl+Z still works."""
        layer = self.regions
        if layer is not None:
            put_labels(layer, regions)

    def add_stages(self, result: Result, shown: dict[str, Picture]) -> Iterator[str]:
        """Add visible layers of the stages below the final image, in order.

        Parameters
        ----------
        result : Result
            The result.
        shown : dict
            Its pictures, except that of kind "final".

        Yields
        ------
        str
            The kind of the layer that was just shown.
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
        """Add a hidden layer of a lazy stack, with the target's geometry, without computing it.

        Parameters
        ----------
        kind : str
            One of `plugin.layers.kinds.LAYERS`.
        images : dask.array.Array
            ``(…, H, W, 3)`` uint8, with the target's leading axes. It is not cached.
        provenance : dict
            For the metadata.
        """
        arguments = self._target.geometry.arguments(images.shape[-3:-1])
        lazily = {"visible": False, "cache": False}
        return self._add(kind, images, metadata(provenance), arguments | lazily)
