"""A check box for long names."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QSizePolicy, QStyle, QStyleOptionButton

__all__ = ["ElidedCheckBox"]


class ElidedCheckBox(QCheckBox):
    """A check box that can be narrower than its text: layers have long names."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_name(self, name: str) -> None:
        """Show as much of a name as there is room for, and all of it as the tool tip."""
        self._name = name
        self.setToolTip(name)
        self._elide()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Use the room that there is now."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None
        part = QStyle.SubElement.SE_CheckBoxContents
        room = style.subElementRect(part, option, self).width()
        shown = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, room)
        self.setText(shown.replace("&", "&&"))  # one alone would underline the next letter
