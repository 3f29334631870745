"""How much of a stack is to be coloured."""

from __future__ import annotations

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QRadioButton, QVBoxLayout, QWidget

__all__ = ["Extent"]


class Extent(QWidget):
    """Lets the user choose between all of a stack and the slice in view.

    Attributes
    ----------
    whole, in_view : QRadioButton
        The choice; all of it at first.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.whole = QRadioButton("The whole stack, as you look at it")
        self.whole.setToolTip("Colour each slice as you turn to it; Compute all… does the rest.")
        self.whole.setChecked(True)
        self.in_view = QRadioButton("The slice in view alone")
        self.in_view.setToolTip(
            "Colour one slice as a layer of its own, with its stages if you like."
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.whole)
        layout.addWidget(self.in_view)
        self.whole.toggled.connect(lambda is_on: self.changed.emit())

    @property
    def is_whole(self) -> bool:
        """Whether all of the stack is wanted."""
        return self.whole.isChecked()
