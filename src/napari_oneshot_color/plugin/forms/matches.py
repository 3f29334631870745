"""How well each colour layer goes with the target, found out in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin.layers.snapshot import LayerImage, snapshot
from napari_oneshot_color.plugin.runs.jobs import Jobs

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_oneshot_color.matching.ranking import Match

__all__ = ["LayerMatches"]

_SMALLEST = 128  # px of a pyramid's level: more is not looked at

Pixels = tuple[Any, Any]  # of a layer and of the target, by which a change is noticed
Found = dict[Any, tuple[Pixels, "Match | str"]]


@dataclass(frozen=True)
class _Question:
    """Layers to be compared, as they are now."""

    target: LayerImage
    layers: dict[Layer, tuple[Pixels, LayerImage]]


class LayerMatches(QObject):
    """Compares layers with the target, each once, in a thread."""

    found = Signal()
    """All that was asked for is known."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._found: Found = {}
        self._layers: list[Layer] = []
        self._target: Layer | None = None
        self._jobs = Jobs(self, newest_only=True, holds_viewer=False)

    def ask(self, layers: Sequence[Layer], target: Layer | None) -> None:
        """Compare layers with a target; forget all others.

        Parameters
        ----------
        layers : sequence of napari.layers.Image
            In colour.
        target : napari.layers.Image or None
            None compares nothing.
        """
        self._layers, self._target = list(layers), target
        self._keep(self._found)
        if target is None:
            return
        unknown = {
            layer: ((layer.data, target.data), snapshot(layer, _SMALLEST))
            for layer in layers
            if layer not in self._found
        }
        if not unknown:
            self._jobs.forget()
            self.found.emit()
            return
        question = _Question(snapshot(target, _SMALLEST), unknown)
        self._jobs.ask(lambda: _compared(question), self._take)

    def of(self, layer: Layer) -> Match | str | None:
        """Return a layer's match, or why it has none; None while it is not known."""
        known = self._found.get(layer)
        return None if known is None else known[1]

    def _take(self, found: Found) -> None:
        self._keep(self._found | found)
        if len(self._found) == len(self._layers):
            self.found.emit()

    def _keep(self, found: Found) -> None:
        """Remember what is true of the layers that are asked for, as they are now."""
        target = self._target
        self._found = {
            layer: known
            for layer, known in found.items()
            if target is not None
            and layer in self._layers
            and known[0][0] is layer.data
            and known[0][1] is target.data
        }


def _compared(question: _Question) -> Found:
    """Compare in the thread; what cannot be compared gets a sentence."""
    from napari_oneshot_color.matching.ranking import Ranking  # torch takes a while to import
    from napari_oneshot_color.pair.prepare import Source

    found: Found = {}
    ranking: Ranking | None = None
    for layer, (pixels, image) in question.layers.items():
        try:
            if ranking is None:
                ranking = Ranking(question.target.array(), question.target.limits)
            match = ranking.match(Source(image.array(), image.name, image.limits))
        except OneshotColorError as error:
            found[layer] = pixels, str(error)
        else:
            found[layer] = pixels, match
    return found
