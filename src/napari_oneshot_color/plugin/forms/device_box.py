"""Where to compute, with the devices' names."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import QEvent, QObject

from napari_oneshot_color.plugin.runs.jobs import Jobs

__all__ = ["DeviceBox"]


class DeviceBox(QObject):
    """A combo box of devices that looks for them when it is first opened.

    This imports torch, which takes a second, so it is done in the background.

    Parameters
    ----------
    parent : QObject
        The form that contains it, and with which it is destroyed.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._names = [("Automatic", "auto"), ("CPU", "cpu")]
        self.widget = ComboBox(label="Device", choices=self._names)
        self.widget.tooltip = (
            "Where to train. Automatic takes CUDA, then an Apple GPU, then the CPU."
        )
        self.widget.native.installEventFilter(self)
        self._looked = False
        self._jobs = Jobs(self)

    @property
    def value(self) -> str:
        """As `Settings.device`."""
        return str(self.widget.value)

    @value.setter
    def value(self, device: str) -> None:
        if device not in self.widget.choices:
            self._names.append((device, device))
            self.widget.choices = self._names
        self.widget.value = device

    def look(self) -> None:
        """List the devices of this computer, as soon as they are known."""
        self._looked = True
        self._jobs.ask(_devices, self._offer)

    def _offer(self, devices: list[tuple[str, str]]) -> None:
        value = self.value
        self._names = [(f"Automatic ({devices[0][1]})", "auto")]
        self._names += [(name, device) for device, name in devices]
        self.widget.choices = self._names
        if value in self.widget.choices:
            self.value = value

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Look for devices just before the list opens."""
        opens = (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress)
        # type first: what is garbage has lost its attributes, and PySide still tells it of events
        if event.type() in opens and not self._looked:
            self.look()
        return False


def _devices() -> list[tuple[str, str]]:
    from napari_oneshot_color.colorizer.device import available_devices

    return available_devices()
