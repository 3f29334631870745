"""Where to compute, with the devices' names."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import QEvent, QObject

__all__ = ["DeviceBox"]


class DeviceBox(QObject):
    """A combo box of devices that looks for them when it is first opened.

    Looking needs torch, whose import takes a second that opening the widget shall not cost.
    """

    def __init__(self) -> None:
        super().__init__()
        self._names = [("automatic", "auto"), ("CPU", "cpu")]
        self.widget = ComboBox(label="device", choices=self._names)
        self.widget.tooltip = (
            "Where to train. Automatic takes CUDA, then an Apple GPU, then the CPU."
        )
        self.widget.native.installEventFilter(self)
        self._looked = False

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
        """List the devices of this computer."""
        from napari_oneshot_color.colorizer.device import available_devices

        value = self.widget.value
        names = [(f"automatic ({available_devices()[0][1]})", "auto")]
        self.widget.choices = names + [(name, device) for device, name in available_devices()]
        self.widget.value = value
        self._looked = True

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
        """Look for devices just before the list opens."""
        opens = (QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress)
        if not self._looked and event.type() in opens:
            self.look()
        return False
