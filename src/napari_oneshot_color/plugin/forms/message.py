"""A short sentence, and a button that shows more."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import wrapped

__all__ = ["Message"]


class Message(QWidget):
    """Shows a short sentence; a button unfolds the rest, if there is more."""

    def __init__(self) -> None:
        super().__init__()
        self.label = wrapped()
        self.rest = wrapped()
        self.rest.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setToolTip("Show the rest of the message, or hide it.")
        self.more.setAccessibleName("More of the message")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, stretch=1)
        row.addWidget(self.more, alignment=Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.rest)
        self.more.toggled.connect(self._unfold)
        self.say("")

    def text(self) -> str:
        """Return the whole text."""
        return " ".join(part for part in (self.label.text(), self.rest.text()) if part)

    def say(self, sentence: str, rest: str = "") -> None:
        """Show a sentence; an empty one hides the message.

        Parameters
        ----------
        sentence : str
            What is always seen. If `rest` is left out, what follows its first full stop unfolds.
        rest : str
            What unfolds.
        """
        if not rest:
            sentence, stop, rest = sentence.partition(". ")
            sentence += stop.strip()
        if (sentence, rest) != (self.label.text(), self.rest.text()):
            self.label.setText(sentence)
            self.rest.setText(rest)
            self.more.setChecked(False)
            self._unfold(False)
        self.setVisible(bool(sentence))

    def _unfold(self, is_on: bool) -> None:
        has_rest = bool(self.rest.text())
        self.more.setVisible(has_rest)
        self.more.setText("Less" if is_on else "More")
        self.rest.setVisible(has_rest and is_on)
