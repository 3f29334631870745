"""Names that are longer than there is room for."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
)

__all__ = ["ElidedCheckBox", "ElidedLabel", "elide", "shown_in"]

_MIDDLE = Qt.TextElideMode.ElideMiddle
_FRAME = 6  # px beside a combo box's text


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
        shown = self.fontMetrics().elidedText(self._name, _MIDDLE, room)
        self.setText(shown.replace("&", "&&"))  # a single one would underline the next letter


class ElidedLabel(QLabel):
    """A label that can be narrower than its text."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Show as much of a text as there is room for, and all of it as the tool tip."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Use the room that there is now."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(self._whole, _MIDDLE, room))


def elide(box: QComboBox) -> None:
    """Let a combo box shorten what it cannot show, in its list, too; Qt cuts it off."""
    box.installEventFilter(_Painter(box))
    view = box.view()
    assert view is not None
    view.setTextElideMode(_MIDDLE)


def shown_in(box: QComboBox) -> str:
    """Return as much of a combo box's text as it has room for."""
    style = box.style()
    assert style is not None
    part = QStyle.SubControl.SC_ComboBoxEditField
    kind = QStyle.ComplexControl.CC_ComboBox
    room = style.subControlRect(kind, _option(box), part, box).width() - _FRAME
    return box.fontMetrics().elidedText(box.currentText(), _MIDDLE, room)


def _option(box: QComboBox, text: str = "") -> QStyleOptionComboBox:
    option = QStyleOptionComboBox()
    option.initFrom(box)
    option.frame = box.hasFrame()
    option.currentText = text
    option.iconSize = box.iconSize()
    option.subControls = QStyle.SubControl.SC_All
    return option


class _Painter(QObject):
    """Paints a combo box with its text shortened."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Paint, where the text has no room."""
        if event.type() != QEvent.Type.Paint:
            return False
        shown = shown_in(watched)
        if shown == watched.currentText():
            return False
        option = _option(watched, shown)
        painter = QStylePainter(watched)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
        return True
