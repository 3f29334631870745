"""A patch in one colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QLabel

if TYPE_CHECKING:
    from napari_oneshot_color.types import Color

__all__ = ["Swatch"]

_HEIGHT = 22  # px


class Swatch(QLabel):
    """Shows a colour, or none.

    Parameters
    ----------
    meaning : str
        What it is the colour of, for screen readers.
    """

    def __init__(self, meaning: str) -> None:
        super().__init__()
        self.color: Color | None = None
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName(meaning)
        self.setToolTip(f"{meaning}.")

    def show_color(self, color: Color | None) -> None:
        """Show a colour, sRGB in [0, 1]."""
        self.color = color
        if color is None:
            self.setStyleSheet("border: 1px dashed gray;")
            self.setAccessibleDescription("none")
            return
        red, green, blue = (round(255 * part) for part in color)
        self.setStyleSheet(f"background: rgb({red}, {green}, {blue}); border: 1px solid gray;")
        self.setAccessibleDescription(f"red {red}, green {green}, blue {blue}")
