"""The presets as a choice among three, each with the time it takes here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton, QSizePolicy, QWidget

from napari_oneshot_color.plugin.runs.differences import PRESET_NAMES

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.durations import Duration

__all__ = ["PLAIN", "PresetChoice"]

PLAIN = {
    "instant": "Takes the colours of what looks alike in the source. Nothing is trained.",
    "best": "A small network learns the source's colours. The best quality there is here.",
    "paper": "The networks and numbers as published. Meant for a graphics card.",
}
"""The presets that everybody sees, and a sentence about each."""


class PresetChoice(QWidget):
    """Lets the user choose one of three presets; another one may be chosen elsewhere."""

    chosen = Signal(str)
    """The user chose this preset."""

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[str, QRadioButton] = {}
        self.times: dict[str, QLabel] = {}
        self._group = QButtonGroup(self)
        self._is_asked = True
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        for row, (preset, help) in enumerate(PLAIN.items()):
            button = self.buttons[preset] = QRadioButton(PRESET_NAMES[preset])
            button.setToolTip(help)
            time = self.times[preset] = QLabel()
            time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            time.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            self._group.addButton(button)
            grid.addWidget(button, row, 0)
            grid.addWidget(time, row, 1)
            button.toggled.connect(partial(self._on_toggled, preset))

    def show_chosen(self, preset: str) -> None:
        """Show which one is chosen, or none of them for another preset."""
        self._is_asked = False
        self._group.setExclusive(False)
        for name, button in self.buttons.items():
            button.setChecked(name == preset)
        self._group.setExclusive(True)
        self._is_asked = True

    def show_times(self, durations: Mapping[str, Duration]) -> None:
        """Show how long each one takes, where that is known."""
        for preset, label in self.times.items():
            duration = durations.get(preset)
            label.setText("" if duration is None else duration.words)
            label.setToolTip("" if duration is None else duration.origin)
            name, help = PRESET_NAMES[preset], PLAIN[preset]
            spoken = name if duration is None else f"{name}, {duration.words}"
            self.buttons[preset].setAccessibleName(spoken)
            self.buttons[preset].setAccessibleDescription(help)

    def _on_toggled(self, preset: str, is_on: bool) -> None:
        if is_on and self._is_asked:
            self.chosen.emit(preset)
