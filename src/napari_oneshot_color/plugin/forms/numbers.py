"""Number fields as wide as their longest text, with a word for a value that is no number."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import FloatSpinBox
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QDoubleSpinBox

__all__ = ["Number", "WholeNumber", "keep_room"]

_BUTTONS = 52  # px for napari's plus and minus
_MARGIN = 8  # px for the cursor, and between the number and its frame


class Number(FloatSpinBox):
    """A number.

    Parameters
    ----------
    decimals : int
        How many are shown.
    minimum, maximum, value : float
        Its limits, and its first value.
    word : str
        Shown instead of the lowest number, unless it is empty.
    **options
        As magicgui takes them.
    """

    def __init__(
        self,
        *,
        decimals: int,
        minimum: float,
        maximum: float,
        value: float,
        word: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.native.setDecimals(decimals)  # first: Qt rounds the limits to them as well
        self.native.setSpecialValueText(word)
        self.min, self.max, self.value = minimum, maximum, value
        keep_room(self.native)


class WholeNumber(Number):
    """A whole number; magicgui's own field for it cannot show a word."""

    def __init__(self, *, minimum: int, maximum: int, value: int, **options: Any) -> None:
        super().__init__(decimals=0, minimum=minimum, maximum=maximum, value=value, **options)
        self.native.setSingleStep(1)

    def get_value(self) -> int:
        """Return the number."""
        return int(super().get_value())


def keep_room(box: QDoubleSpinBox) -> None:
    """Keep a box wide enough for its longest text, also in another font."""
    box.installEventFilter(_RoomKeeper(box))


class _RoomKeeper(QObject):
    """Sets a box's least width: Qt's styles leave their buttons out of it."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Notice that the box is about to be seen, or has another font."""
        if event.type() in (QEvent.Type.Polish, QEvent.Type.FontChange):
            limits = watched.minimum(), watched.maximum()
            texts = [watched.textFromValue(limit) for limit in limits]
            metrics = watched.fontMetrics()
            widest = max(
                metrics.horizontalAdvance(text) for text in [*texts, watched.specialValueText()]
            )
            watched.setMinimumWidth(widest + _BUTTONS + _MARGIN)
        return False
