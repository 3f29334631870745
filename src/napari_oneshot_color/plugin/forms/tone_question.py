"""The question whether a toned print is to be coloured anew: asked once, in the panel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.layers.tones import TONES

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["ToneQuestion"]


class ToneQuestion(QWidget):
    """A sentence and two answers, shown while there is something to ask.

    Attributes
    ----------
    layer : Layer or None
        What is asked about.
    yes, no : QPushButton
        The answers.
    """

    accepted = Signal(object)
    """The user wants this layer coloured; that is kept already."""

    def __init__(self) -> None:
        super().__init__()
        self.layer: Layer | None = None
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.yes = QPushButton("Colour its grey anew")
        self.yes.setToolTip("Offer it as a target. The layer stays as it is.")
        self.no = QPushButton("Leave it")
        self.no.setToolTip("Take it as an image in colour, as it is.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.sentence)
        answers = QHBoxLayout()
        layout.addLayout(answers)
        for button in (self.yes, self.no):
            answers.addWidget(button)
        self.yes.clicked.connect(lambda: self._answer(True))
        self.no.clicked.connect(lambda: self._answer(False))
        self.hide()

    def ask_about(self, layers: Iterable[Layer]) -> None:
        """Ask about the first toned print that has no answer yet, if there is one."""
        self.layer = layer = TONES.to_ask_about(layers)
        if layer is not None:
            self.sentence.setText(
                f"'{layer.name}' is toned in one colour, like a sepia print. Colour it anew? Its "
                "own tone is then dropped."
            )
        self.setVisible(layer is not None)

    def _answer(self, is_target: bool) -> None:
        layer = self.layer
        if layer is None:
            return
        TONES.answer(layer, is_target)
        if is_target:
            self.accepted.emit(layer)
