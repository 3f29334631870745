"""The layers of one run: added as its stages end, updated by reference and never by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.plugin.layers import LayerImage, is_in, metadata

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_oneshot_color.result import Result

__all__ = ["LAYERS", "RunLayers"]

LAYERS = {
    "tiles": (True, "The coloured tiles in place, unmerged, while training."),
    "epochs": (False, "The result after every epoch, as a stack."),
    "merged": (True, "The tiles merged by structural similarity."),
    "regions": (True, "Quickshift's regions, as labels that can be edited."),
    "quickshift": (True, "Each region in its median colour."),
    "final": (True, "The target's own lightness with the result's colour, at full size."),
    "L*a*b*": (False, "The final image as three grayscale layers."),
}
"""Kinds of layers: whether they are added unless the user says otherwise, and what they show."""


class RunLayers:
    """Adds and updates the layers of one run.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the layers go.
    target : LayerImage
        Lends them its geometry and its name.
    wanted : set of str
        Kinds of `LAYERS` to add.
    suffix : str
        Set behind every name, so that runs can be told apart.
    """

    def __init__(
        self, viewer: Viewer, target: LayerImage, wanted: set[str], suffix: str = ""
    ) -> None:
        self._viewer = viewer
        self._target = target
        self._wanted = wanted
        self._suffix = suffix
        self._plane = target.geometry.plane()
        self._epochs: list[np.ndarray] = []
        self.layers: dict[str, Layer] = {}
        self.result: Result | None = None
        self.edited: Result | None = None

    def reused(self, target: LayerImage, wanted: set[str]) -> RunLayers:
        """Make a run that refreshes this one's layers instead of adding its own."""
        fresh = RunLayers(self._viewer, target, wanted, self._suffix)
        fresh.layers = self.layers
        return fresh

    def show_tiles(self, image: np.ndarray) -> None:
        """Show the lattice tiles in place, ``(h, w, 3)``."""
        self._show("tiles", image)

    def add_epoch(self, image: np.ndarray) -> None:
        """Add the result of an epoch, ``(h, w, 3)``, to the stack."""
        self._epochs.append(image)
        self._show("epochs", np.stack(self._epochs))

    def show_result(self, result: Result) -> None:
        """Show every stage of a result; the final image ends on top."""
        self.result = result
        described = metadata(result.provenance)
        self._show("tiles", result.tiles_in_place, metadata=described)
        if len(result.epochs):
            self._show("epochs", result.epochs, metadata=described)
        self._show("merged", result.merged, metadata=described)
        self._show("regions", result.regions.copy(), metadata=described)
        self._show("quickshift", result.quickshift, metadata=described)
        self._show_lab(result.lab, described)
        self._show("final", result.final, metadata=described)
        for kind, layer in self.layers.items():
            layer.visible = kind == "final"
        self._viewer.layers.selection = {
            layer for kind, layer in self.layers.items() if kind == "final"
        }

    def add_stack(self, kind: str, images: np.ndarray, provenance: dict[str, Any]) -> Layer:
        """Add a stack of images, ``(n, H, W, 3)``, over the target's own first axis."""
        layer = self._viewer.add_image(
            images,
            name=self._name(kind),
            rgb=True,
            metadata=metadata(provenance),
            **self._target.geometry.arguments(images.shape[1:3]),
        )
        self.layers[kind] = layer
        return layer

    def update(self, kind: str, image: np.ndarray, described: dict[str, Any] | None = None) -> None:
        """Refresh one of the run's layers, if the user still has it."""
        layer = self.layers.get(kind)
        if layer is not None and is_in(self._viewer, layer):
            layer.data = image
            if described is not None:
                layer.metadata = described

    def remove(self) -> None:
        """Take the run's layers out of the viewer."""
        for layer in self.layers.values():
            if is_in(self._viewer, layer):
                self._viewer.layers.remove(layer)
        self.layers.clear()

    def _name(self, kind: str) -> str:
        return f"{self._target.name} · {kind}{self._suffix}"

    def _show(self, kind: str, image: np.ndarray, metadata: dict[str, Any] | None = None) -> None:
        if kind not in self._wanted:
            return
        layer = self.layers.get(kind)
        if layer is not None:
            if is_in(self._viewer, layer):  # one that the user removed stays away
                layer.data = image
                layer.metadata = metadata or layer.metadata
            return
        name = self._name(kind)
        if kind == "regions":
            arguments = self._plane.arguments(image.shape)
            labels = self._viewer.add_labels(image, name=name, metadata=metadata or {}, **arguments)
            labels.contour = 1  # outlines: the colours below stay in sight
            self.layers[kind] = labels
            return
        geometry = self._plane.stacked("epoch") if image.ndim == 4 else self._plane
        arguments = geometry.arguments(image.shape[-3:-1])
        self.layers[kind] = self._viewer.add_image(
            image, name=name, rgb=True, metadata=metadata or {}, **arguments
        )

    def _show_lab(self, lab: np.ndarray, described: dict[str, Any]) -> None:
        if "L*a*b*" not in self._wanted:
            return
        for channel, kind in enumerate(("L*", "a*", "b*")):
            limits = (0.0, 100.0) if kind == "L*" else (-100.0, 100.0)
            image = np.ascontiguousarray(lab[..., channel])
            if kind in self.layers:
                self.update(kind, image)
                continue
            self.layers[kind] = self._viewer.add_image(
                image,
                name=self._name(kind),
                rgb=False,
                colormap="gray" if kind == "L*" else "PiYG",
                contrast_limits=limits,
                metadata=described,
                **self._plane.arguments(image.shape),
            )
