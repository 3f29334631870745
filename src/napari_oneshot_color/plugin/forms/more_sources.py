"""The list of all sources: one row for each colour layer, with a box to tick and a weight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from qtpy.QtCore import QSignalBlocker, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_oneshot_color.plugin.forms.elided import ElidedCheckBox
from napari_oneshot_color.plugin.forms.form_parts import explain, wheel_with_focus
from napari_oneshot_color.plugin.forms.matches import LayerMatches
from napari_oneshot_color.plugin.forms.numbers import keep_room

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_oneshot_color.matching.ranking import Match

__all__ = ["MoreSources", "SourceRow"]

_NONE = "Open more colour images of the same thing, to learn from all of them."
_WEIGHT_HELP = "How often training patches come from this source: with 2, twice as often as with 1."
_SUGGEST = "Suggest"
_SUGGEST_HELP = (
    "Make the one that has most in common with the target the source, and tick others that show "
    "the same thing."
)
_LEAST, _MOST = 0.01, 100.0  # what two decimals and a handful of sources need


class MoreSources(QWidget):
    """Lets the user tick further sources and set the weight of each.

    While it is visible, each layer is compared with the target and shows its score.

    Parameters
    ----------
    matches : LayerMatches
        Compares them.

    Attributes
    ----------
    rows : dict
        Layers on offer and their rows, the main source's among them.
    suggest : QPushButton
        Chooses among them.
    """

    changed = Signal()
    suggested = Signal(object)
    """This layer shall be the main source."""

    def __init__(self, matches: LayerMatches) -> None:
        super().__init__()
        self.rows: dict[Layer, SourceRow] = {}
        self._main: Layer | None = None
        self._target: Layer | None = None
        self._is_asked = False
        self._matches = matches
        self._matches.found.connect(self._on_found)
        self.suggest = QPushButton(_SUGGEST)
        self.suggest.setToolTip(_SUGGEST_HELP)
        self.suggest.clicked.connect(self._on_suggest)
        self._advice = QLabel()
        self._advice.setWordWrap(True)
        self._nothing = QLabel(_NONE)
        self._nothing.setWordWrap(True)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 4, 12, 4)
        self._layout.setSpacing(2)
        for widget in (self._nothing, self.suggest, self._advice):
            self._layout.addWidget(widget)

    def offer(
        self, layers: Sequence[Layer], main: Layer | None, target: Layer | None = None
    ) -> None:
        """Offer layers; those that were offered before keep their ticks and weights.

        Parameters
        ----------
        layers : sequence of napari.layers.Image
            Layers in colour, in the order of the viewer's list.
        main : napari.layers.Image or None
            The source, whose row comes first and is always ticked.
        target : napari.layers.Image, optional
            What the layers are compared with.
        """
        self._main, self._target = main, target
        ordered = sorted(layers, key=lambda layer: bool(layer != main))
        for layer in [layer for layer in self.rows if layer not in ordered]:
            row = self.rows.pop(layer)
            row.hide()
            row.deleteLater()
        for place, layer in enumerate(ordered):
            if layer not in self.rows:
                self.rows[layer] = SourceRow()
                self.rows[layer].changed.connect(self._on_changed)
            self._layout.insertWidget(place, self.rows[layer])
            self.rows[layer].box.set_name(layer.name)
        self._nothing.setVisible(len(ordered) < 2)
        self.suggest.setVisible(len(ordered) > 1 and target is not None)
        self._advice.hide()
        if target is None:
            self._end_asking()
        self._refresh()
        if self.isVisible() or self._is_asked:
            self.compare()

    def chosen(self) -> list[tuple[Layer, float]]:
        """Return the sources with their weights, the main one first, then by the viewer's list."""
        if self._main is None:
            return []
        main = self.rows.get(self._main)
        return [(self._main, 1.0 if main is None else main.weight.value())] + [
            (layer, row.weight.value()) for layer, row in self._others() if row.is_ticked
        ]

    def choose(self, layers: Collection[Layer]) -> None:
        """Tick these layers and no others."""
        for layer, row in self._others():
            row.box.setChecked(layer in layers)

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Compare the layers as soon as the scores can be seen."""
        super().showEvent(event)
        self.compare()

    def compare(self) -> None:
        """Compare the source, whose mark is always visible, and the others if the list is."""
        is_seen = self.isVisible() or self._is_asked
        shown = (
            list(self.rows) if is_seen else [layer for layer in self.rows if layer == self._main]
        )
        self._matches.ask(shown, self._target, list(self.rows))
        self._show_matches()

    def _on_suggest(self) -> None:
        self._is_asked = True
        self.suggest.setEnabled(False)
        self.compare()

    def _on_found(self) -> None:
        self._show_matches()
        if self._is_asked:
            self._end_asking()
            self._choose_best()

    def _end_asking(self) -> None:
        self._is_asked = False
        self.suggest.setEnabled(True)

    def _choose_best(self) -> None:
        """Make the best layer the source, and tick others that show the same thing."""
        known = {layer: self._matches.of(layer) for layer in self.rows}
        matches = {layer: match for layer, match in known.items() if _is_match(match)}
        if not matches:
            problem = next(iter(known.values()))
            self._say(f"None of them can be compared with the target. {problem}")
            return
        best = max(matches, key=lambda layer: matches[layer].score)
        self.suggested.emit(best)
        self.choose([layer for layer, match in matches.items() if match.is_same])
        self._say(f"'{best.name}': {matches[best].advice}")

    def _say(self, sentence: str) -> None:
        self._advice.setText(sentence)
        self._advice.show()

    def _show_matches(self) -> None:
        for layer, row in self.rows.items():
            row.show_match(self._matches.of(layer))

    def _others(self) -> list[tuple[Layer, SourceRow]]:
        by_place = sorted(self.rows.items(), key=lambda item: self._layout.indexOf(item[1]))
        return [(layer, row) for layer, row in by_place if layer != self._main]

    def _on_changed(self) -> None:
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        """Enable weights only where there are several sources."""
        is_any = any(row.is_ticked for _, row in self._others())
        for layer, row in self.rows.items():
            row.set_role(is_main=bool(layer == self._main), is_any=is_any)


class SourceRow(QWidget):
    """A layer's name, to be ticked, and its weight.

    Attributes
    ----------
    is_ticked : bool
        Whether the user ticked it as a further source; kept while it is the main one.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.is_ticked = False
        self.box = ElidedCheckBox()
        self.match = QLabel()
        self.weight = QDoubleSpinBox()
        self.weight.setRange(_LEAST, _MOST)
        self.weight.setSingleStep(0.5)
        self.weight.setValue(1)
        self.weight.setToolTip(_WEIGHT_HELP)
        policy = self.weight.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Minimum)  # the names need the rest
        self.weight.setSizePolicy(policy)
        keep_room(self.weight)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box, stretch=1)
        layout.addWidget(self.match)
        layout.addWidget(self.weight)
        self.weight.setAccessibleName("Weight of this source")
        wheel_with_focus(self)
        explain(self)
        self.box.toggled.connect(self._on_toggled)
        self.weight.valueChanged.connect(self._on_weighed)

    def set_role(self, *, is_main: bool, is_any: bool) -> None:
        """Show whether it is a source, and hide the weight where it has no effect.

        Parameters
        ----------
        is_main : bool
            Whether it is the main source, which is always on.
        is_any : bool
            Whether there are further sources.
        """
        is_source = is_main or self.is_ticked
        with QSignalBlocker(self.box):
            self.box.setChecked(is_source)
        self.box.setEnabled(not is_main)
        policy = self.weight.sizePolicy()
        policy.setRetainSizeWhenHidden(is_any)  # the scores stay below each other
        self.weight.setSizePolicy(policy)
        self.weight.setVisible(is_source and is_any)

    def show_match(self, match: Match | str | None) -> None:
        """Show how well the layer goes with the target, or why that is not known."""
        if match is None or isinstance(match, str):
            self.match.setText("" if match is None else "–")
            self.match.setToolTip(match or "")
            return
        self.match.setText(f"{match.score:.2f}")
        self.match.setToolTip(f"{match.words.capitalize()}. {match.advice}")

    def _on_toggled(self, is_on: bool) -> None:
        self.is_ticked = is_on
        self.changed.emit()

    def _on_weighed(self, weight: float) -> None:
        self.changed.emit()


def _is_match(match: Match | str | None) -> TypeGuard[Match]:
    return match is not None and not isinstance(match, str)
