"""How well the chosen source goes with the target, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_oneshot_color.matching.ranking import Match
    from napari_oneshot_color.plugin.forms.matches import LayerMatches

__all__ = ["PairMatch"]

_MARKS = {  # told apart by their shape, too
    "shows the same thing": ("●", "#4caf50"),
    "similar": ("◐", "#e0a800"),
    "little in common": ("○", "#e57373"),
}


class PairMatch(QWidget):
    """Says whether the source shows the same thing as the target, once they are compared.

    Parameters
    ----------
    matches : LayerMatches
        Compares them when the form asks it to.
    """

    def __init__(self, matches: LayerMatches) -> None:
        super().__init__()
        self._source: Layer | None = None
        self._matches = matches
        self._matches.found.connect(self._show)
        self._mark = QLabel()
        self.words = QLabel()
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._mark)
        layout.addWidget(self.words, stretch=1)
        self._say(None)

    def set_source(self, source: Layer | None) -> None:
        """Show the match of another source, or of none."""
        self._source = source
        self._show()

    def _show(self) -> None:
        self._say(None if self._source is None else self._matches.of(self._source))

    def _say(self, match: Match | str | None) -> None:
        """Show the match, or nothing where there is none: a newcomer need not know why."""
        is_known = match is not None and not isinstance(match, str)
        self.setVisible(is_known)
        if match is None or isinstance(match, str):
            self.words.setText("")
            return
        mark, color = _MARKS[match.words]
        self._mark.setText(mark)
        self._mark.setStyleSheet(f"color: {color}")
        self.words.setText(match.words.capitalize())
        self.setToolTip(f"{match.advice} (Score: {match.score:.2f}; the same image has 1.)")
        self.setAccessibleName(f"Source and target: {match.words}")
        self.setAccessibleDescription(match.advice)
