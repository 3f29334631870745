"""The layers of one run: added as its stages end, updated by reference and never by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.plugin.layers import Geometry, LayerImage, is_in, metadata

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Labels, Layer

    from napari_oneshot_color.result import Result

__all__ = ["LAYERS", "RunLayers"]

LAYERS = {
    "tiles": (True, "The coloured tiles in place, unmerged, while training."),
    "epochs": (False, "The result after every epoch, as a stack."),
    "merged": (True, "The tiles merged by structural similarity."),
    "smoothed": (False, "The merged image smoothed, with what else was mixed into it."),
    "regions": (True, "Quickshift's regions, as labels that can be edited."),
    "quickshift": (True, "Each region in its median colour."),
    "final": (True, "The target's own lightness with the result's colour, at full size."),
    "L*a*b*": (False, "The final image as three grayscale layers."),
}
"""Kinds of layers: whether they are added unless the user says otherwise, and what they show."""

_LAB: dict[str, dict[str, Any]] = {
    "L*": {"colormap": "gray", "contrast_limits": (0.0, 100.0)},
    "a*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
    "b*": {"colormap": "PiYG", "contrast_limits": (-100.0, 100.0)},
}


class RunLayers:
    """Adds and updates the layers of one run.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where the layers go. Not the viewer itself: the session keeps runs, and may not keep it.
    target : LayerImage
        Lends them its geometry and its name.
    wanted : set of str
        Kinds of `LAYERS` to add.
    suffix : str
        Set behind every name, so that runs can be told apart.

    Attributes
    ----------
    suffix : str
        As given.
    layers : dict
        Kinds and layers, also those that the user removed since.
    result, edited : Result or None
        As the run returned it; and as edited regions and colours changed it, if they did.
    colors, excluded : dict and set
        Colours given by hand to regions, sRGB in [0, 1]; regions that keep the merged colours.
    """

    def __init__(
        self, layers: LayerList, target: LayerImage, wanted: set[str], suffix: str = ""
    ) -> None:
        self._list = layers
        self._target = target
        self._wanted = wanted | set(_LAB) if "L*a*b*" in wanted else wanted
        self.suffix = suffix
        self._plane = target.geometry.plane()
        self._epochs: list[np.ndarray] = []
        self._before: dict[str, dict[str, Any]] = {}
        self._shows_tiles = False
        self.layers: dict[str, Layer] = {}
        self.result: Result | None = None
        self.edited: Result | None = None
        self.colors: dict[int, tuple[float, float, float]] = {}
        self.excluded: set[int] = set()

    @property
    def target_name(self) -> str:
        """The target's name when the run started."""
        return self._target.name

    @property
    def shown(self) -> Result | None:
        """The result as the layers show it."""
        return self.edited or self.result

    @property
    def regions(self) -> Labels | None:
        """The layer of the regions, if there is one and the user still has it."""
        layer = self.layers.get("regions")
        return layer if is_in(self._list, layer) else None

    def reused(self, target: LayerImage, wanted: set[str]) -> RunLayers:
        """Make a run that refreshes this one's layers, all of them, instead of adding its own."""
        fresh = RunLayers(self._list, target, wanted | set(self.layers), self.suffix)
        fresh.layers = dict(self.layers)
        fresh._before = {kind: _state(layer) for kind, layer in self.layers.items()}
        return fresh

    def show_tiles(self, image: np.ndarray) -> None:
        """Show the lattice tiles in place, ``(h, w, 3)``."""
        self._show("tiles", image)
        if not self._shows_tiles and is_in(self._list, self.layers.get("tiles")):
            self._shows_tiles = True
            self._show_only("tiles")

    def add_epoch(self, image: np.ndarray) -> None:
        """Add the result of an epoch, ``(h, w, 3)``, to the stack."""
        self._epochs.append(image)
        self._show("epochs", np.stack(self._epochs))

    def show_result(self, result: Result) -> None:
        """Show every stage of a result; the final image ends on top."""
        self.result = result
        described = metadata(result.provenance)
        self._show("tiles", result.tiles_in_place, described)
        if len(result.epochs):
            self._show("epochs", result.epochs, described)
        self._show("merged", result.merged, described)
        self._show("smoothed", result.smoothed, described)
        self._show("regions", result.regions.copy(), described)
        self._show("quickshift", result.quickshift, described)
        for channel, kind in enumerate(_LAB):
            self._show(kind, np.ascontiguousarray(result.lab[..., channel]), described)
        self._show("final", result.final, described)
        there = [kind for kind, layer in self.layers.items() if is_in(self._list, layer)]
        if there:
            top = "final" if "final" in there else there[-1]
            self._show_only(top)
            self._list.selection.active = self.layers[top]

    def add_stack(self, kind: str, images: Any, provenance: dict[str, Any]) -> Layer:
        """Add a hidden layer of a lazy stack in place of the target; none of it is computed.

        Parameters
        ----------
        kind : str
            One of `LAYERS`.
        images : dask.array.Array
            ``(…, H, W, 3)`` uint8, with the target's own leading axes. It is not cached.
        provenance : dict
            For the metadata.
        """
        arguments = self._target.geometry.arguments(images.shape[-3:-1])
        lazily = {"visible": False, "cache": False, "contrast_limits": (0, 255)}
        return self._add(kind, images, metadata(provenance), arguments | lazily)

    def update(self, kind: str, image: np.ndarray, described: dict[str, Any]) -> None:
        """Refresh one of the run's layers, if the user still has it."""
        layer = self.layers.get(kind)
        if layer is not None and is_in(self._list, layer):
            layer.data = image
            layer.metadata = described

    def undo(self) -> None:
        """Leave the layers as they were before the run: a run that failed shows nothing."""
        for kind, layer in list(self.layers.items()):
            if not is_in(self._list, layer):
                continue
            if kind not in self._before:
                self._list.remove(layer)
                del self.layers[kind]
                continue
            for name, value in self._before[kind].items():
                if name != "data" or layer.data is not value:
                    setattr(layer, name, value)

    def _show_only(self, shown: str) -> None:
        for kind, layer in self.layers.items():
            layer.visible = kind == shown

    def _show(self, kind: str, image: np.ndarray, described: dict[str, Any] | None = None) -> None:
        """Add or refresh a layer, whose metadata come with the result."""
        layer = self.layers.get(kind)
        if layer is None:
            if kind in self._wanted:
                self._add(kind, image, described or {}, self._arguments(kind, image))
            return
        if not is_in(self._list, layer):
            return  # one that the user removed stays away
        has_moved = described is not None or layer.data.shape[-3:] != image.shape[-3:]
        layer.data = image
        if has_moved:
            for name, value in self._arguments(kind, image).items():
                setattr(layer, name, value)
        if described is not None:
            layer.metadata = described

    def _arguments(self, kind: str, image: np.ndarray) -> dict[str, Any]:
        if kind == "epochs":
            return self._plane.stacked("epoch").arguments(image.shape[1:3])
        return self._plane.arguments(image.shape[:2])

    def _add(
        self, kind: str, image: np.ndarray, described: dict[str, Any], arguments: dict[str, Any]
    ) -> Layer:
        from napari.layers import Image, Labels

        arguments |= {"name": f"{self.target_name} · {kind}{self.suffix}", "metadata": described}
        layer: Image | Labels
        if kind == "regions":
            layer = Labels(image, **arguments)
            layer.contour = 1  # outlines: the colours below stay in sight
        elif kind in _LAB:
            layer = Image(image, rgb=False, **_LAB[kind], **arguments)
        else:
            layer = Image(image, rgb=True, **arguments)
        self._list.append(layer)
        self.layers[kind] = self._list[-1]
        return self.layers[kind]


def _state(layer: Layer) -> dict[str, Any]:
    """Note all that a run may set of a layer; napari empties a layer's metadata in place."""
    geometry = Geometry.of(layer)
    own = {"data": layer.data, "metadata": dict(layer.metadata), "visible": layer.visible}
    return own | geometry.arguments(geometry.shape)
