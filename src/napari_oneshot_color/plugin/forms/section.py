"""A part of a form that folds."""

from __future__ import annotations

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

__all__ = ["Section"]

_FOLDED, _UNFOLDED = "▸", "▾"


class Section(QWidget):
    """A title that shows or hides what is below it; hidden at first.

    The arrow is part of the text, so it has the text's colour in every theme. What is unfolded
    has the height that it needs at its width.

    Parameters
    ----------
    title : str
        What the button says.
    content : QWidget, optional
        What is below it; `add` adds more.

    Attributes
    ----------
    button : QPushButton
        Folds and unfolds.
    """

    toggled = Signal(bool)
    """It was unfolded, or folded."""

    def __init__(self, title: str, content: QWidget | None = None) -> None:
        super().__init__()
        self._title = title
        self.button = QPushButton()
        self.button.setCheckable(True)
        self.button.setStyleSheet("text-align: left;")
        self.button.setToolTip(f"Show or hide '{title}'.")
        self.button.setAccessibleName(title)
        self._body = QWidget()
        self._inside = QVBoxLayout(self._body)
        self._inside.setContentsMargins(5, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self._body)
        self.button.toggled.connect(self._show)
        self._show(False)
        if content is not None:
            self.add(content)

    @property
    def is_unfolded(self) -> bool:
        """Whether what is in it is shown."""
        return self.button.isChecked()

    def add(self, content: QWidget) -> None:
        """Put something below what is there."""
        self._inside.addWidget(content)

    def unfold(self, is_on: bool = True) -> None:
        """Show what is in it, or hide it."""
        self.button.setChecked(is_on)

    def rename(self, title: str) -> None:
        """Give it another title."""
        self._title = title
        self.button.setAccessibleName(title)
        self._say(self.is_unfolded)

    def _say(self, is_on: bool) -> None:
        self.button.setText(f"{_UNFOLDED if is_on else _FOLDED}  {self._title}")

    def _show(self, is_on: bool) -> None:
        self._say(is_on)
        self._body.setVisible(is_on)
        self.toggled.emit(is_on)
