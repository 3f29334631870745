"""The button that adds a hints layer, and beside it the kinds of layers that it can be."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QAction  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from napari_oneshot_color.plugin.hints.adding import KINDS

__all__ = ["AddHints"]

_NARROW = 32  # px


class AddHints(QWidget):
    """Asks for a layer to paint on; a menu offers the other kinds."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton("Add a hints layer")
        self.button.clicked.connect(partial(self._want, next(iter(KINDS))))
        self.kinds = QPushButton()
        self.kinds.setFixedWidth(_NARROW)
        self.kinds.setToolTip("Labels, points or shapes.")
        menu = QMenu(self.kinds)
        menu.setToolTipsVisible(True)
        for kind, help in KINDS.items():
            action = QAction(kind, menu)
            action.setToolTip(help)
            action.triggered.connect(partial(self._want, kind))
            menu.addAction(action)
        self.kinds.setMenu(menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.kinds)

    def _want(self, kind: str, checked: bool = False) -> None:
        self.wanted.emit(kind)
