"""The devices have their names once the list is opened, and the choice stays."""

import pytest
from qtpy.QtCore import QObject

from napari_oneshot_color.plugin.forms import device_box
from napari_oneshot_color.plugin.forms.device_box import DeviceBox


@pytest.fixture
def box(qtbot, threads_end):
    parent = QObject()
    made = DeviceBox(parent)
    qtbot.addWidget(made.widget.native)
    yield made
    threads_end()


def titles(box):
    native = box.widget.native
    return [native.itemText(index) for index in range(native.count())]


def test_devices_are_listed_when_the_list_is_opened(box, qtbot, until):
    box.widget.value = "cpu"
    assert titles(box) == ["Automatic", "CPU"]
    qtbot.keyClick(box.widget.native, "x")
    assert box.value == "cpu"
    until(lambda: titles(box)[0].startswith("Automatic ("))
    assert any(title.startswith("CPU, ") and "thread" in title for title in titles(box))
    assert box.value == "cpu"


def test_devices_are_looked_for_once(box, qtbot, until, monkeypatch):
    looked = []
    found = [("cuda:0", "A GPU"), ("cpu", "A CPU")]
    monkeypatch.setattr(device_box, "_devices", lambda: looked.append(1) or found)
    for _ in range(3):
        qtbot.keyClick(box.widget.native, "x")
    until(lambda: titles(box) == ["Automatic (A GPU)", "A GPU", "A CPU"])
    assert looked == [1]
    assert box.value == "auto"


def test_device_of_another_computer_can_be_restored(box):
    box.value = "cuda:7"
    assert box.value == "cuda:7"
    assert titles(box) == ["Automatic", "CPU", "cuda:7"]
    box.value = "cpu"
    box.value = "cuda:7"
    assert titles(box).count("cuda:7") == 1
