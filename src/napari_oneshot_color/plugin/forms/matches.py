"""How well each colour layer goes with the target, compared in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal  # type: ignore[attr-defined]

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.plugin.forms.slice_in_view import SliceInView
from napari_oneshot_color.plugin.layers.snapshot import LayerImage, snapshot
from napari_oneshot_color.plugin.runs.jobs import Jobs

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_oneshot_color.matching.ranking import Match

__all__ = ["LayerMatches"]

_SMALLEST = 128  # px of a pyramid's level; larger ones are not read

Pixels = tuple[Any, Any, tuple[int, ...]]
"""Those of a layer and of the target, and the target's slice, by which a change is noticed."""
Found = dict[Any, tuple[Pixels, "Match | str"]]


@dataclass(frozen=True)
class _Question:
    """Layers to be compared, as they are now."""

    target: LayerImage
    layers: dict[Layer, tuple[Pixels, LayerImage]]


class LayerMatches(QObject):
    """Compares layers with the target in a thread, and keeps what it found.

    Parameters
    ----------
    view : SliceInView
        Which slice of a target that is a stack is meant.
    parent : QObject
        The form that it belongs to.
    """

    found = Signal()
    """All layers that were asked for have been compared."""

    def __init__(self, view: SliceInView, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._found: Found = {}
        self._layers: list[Layer] = []
        self._kept: list[Layer] = []
        self._target: Layer | None = None
        self._jobs = Jobs(self, newest_only=True, holds_viewer=False)

    def ask(
        self, layers: Sequence[Layer], target: Layer | None, others: Sequence[Layer] = ()
    ) -> None:
        """Compare layers with a target.

        Parameters
        ----------
        layers : sequence of napari.layers.Image
            In colour.
        target : napari.layers.Image or None
            None compares nothing.
        others : sequence of napari.layers.Image
            Their matches are kept; those of all other layers are dropped.
        """
        self._layers, self._kept, self._target = list(layers), [*layers, *others], target
        self._keep(self._found)
        if target is None:
            return
        unknown = {
            layer: (self._pixels(layer, target), snapshot(layer, _SMALLEST))
            for layer in layers
            if layer not in self._found
        }
        if not unknown:
            self._jobs.forget()
            self.found.emit()
            return
        question = _Question(self._view.take(target, _SMALLEST), unknown)
        self._jobs.ask(lambda: _compared(question, self._found), self._take)

    def of(self, layer: Layer) -> Match | str | None:
        """Return a layer's match, or why it has none; None while it is not known."""
        known = self._found.get(layer)
        return None if known is None else known[1]

    def _take(self, found: Found) -> None:
        self._keep(self._found | found)
        if all(layer in self._found for layer in self._layers):
            self.found.emit()

    def _keep(self, found: Found) -> None:
        """Keep the matches of layers that are still wanted and have not changed."""
        target = self._target
        self._found = {
            layer: known
            for layer, known in found.items()
            if target is not None
            and layer in self._kept
            and _are_same(known[0], self._pixels(layer, target))
        }

    def _pixels(self, layer: Layer, target: Layer) -> Pixels:
        return layer.data, target.data, self._view.index(target)


def _are_same(some: Pixels, others: Pixels) -> bool:
    return some[0] is others[0] and some[1] is others[1] and some[2] == others[2]


def _compared(question: _Question, known: Found) -> Found:
    """Compare the layers that have no match yet; one that cannot be compared gets a sentence."""
    from napari_oneshot_color.matching.ranking import Ranking  # torch takes a while to import
    from napari_oneshot_color.pair.prepare import Source

    found: Found = {}
    ranking: Ranking | None = None
    for layer, (pixels, image) in question.layers.items():
        if layer in known and _are_same(known[layer][0], pixels):
            continue
        try:
            if ranking is None:
                ranking = Ranking(question.target.array(), question.target.limits)
            match = ranking.match(Source(image.array(), image.name, image.limits))
        except OneshotColorError as error:
            found[layer] = pixels, str(error)
        else:
            found[layer] = pixels, match
    return found
