"""What one can do once an image is coloured: buttons that lead to the other tabs."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import button

__all__ = ["NextSteps"]


class NextSteps(QWidget):
    """Offers what comes after a run.

    Attributes
    ----------
    correct, more, stack : QPushButton
        Each leads on; the last one is for what was trained on a slice of a stack.
    """

    def __init__(self) -> None:
        super().__init__()
        self.correct = button(
            "Correct a colour", "Paint the right colour where there is a wrong one."
        )
        self.more = button(
            "Colour more like this", "Colour other images, or a stack, with what this run learnt."
        )
        self.stack = button(
            "Colour the whole stack",
            "Colour every slice with what this run learnt from one, as you turn to it.",
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(QLabel("What next?"))
        for one in (self.stack, self.correct, self.more):
            layout.addWidget(one)
