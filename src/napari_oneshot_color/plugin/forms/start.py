"""What a newcomer sees: what is needed, and a sample to try."""

from __future__ import annotations

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import wrapped

__all__ = ["Start"]

_NEEDED = (
    "Two images are needed: a grey one to colour, the target, and one in colour that shows the "
    "same or similar things, the source. Open yours, or try the sample."
)


class Start(QWidget):
    """Says what is needed, and offers a sample, until there is a pair of images."""

    sample_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton("Try the sample")
        self.button.setToolTip("Open two photographs of a motorcycle, one in colour and one grey.")
        self.button.clicked.connect(self.sample_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 6)
        layout.addWidget(wrapped(_NEEDED))
        layout.addWidget(self.button)
