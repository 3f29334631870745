"""The way to the guide, which the user's browser opens."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata

from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QPushButton

from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.versions import PROGRAM

__all__ = ["Guide", "documentation"]

_LABEL = "Documentation"


def documentation() -> str | None:
    """Return where the documentation is, as the installed package says it; None if it does not."""
    try:
        stated = metadata(PROGRAM).get_all("Project-URL") or []
    except PackageNotFoundError:  # a copy that runs without being installed
        return None
    links = dict(link.split(", ", 1) for link in stated)
    return links.get(_LABEL)


class Guide(QPushButton):
    """Opens the documentation in the browser; nothing is fetched before, and nothing here."""

    def __init__(self) -> None:
        super().__init__("Guide")
        self._address = documentation()
        self.setStyleSheet("background: transparent; text-decoration: underline;")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Open the guide in your browser.")
        self.clicked.connect(self.open)
        if self._address is None:
            self.hide()

    def open(self) -> None:
        """Hand the address to the browser, or show it where there is none."""
        if self._address is not None and not QDesktopServices.openUrl(QUrl(self._address)):
            notices.notify(f"No browser could be opened. The guide is at {self._address}")
