"""The frame around the focused control."""

import pytest
from qtpy.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.focus_ring import FocusRing, Ring


@pytest.fixture
def panel(qtbot):
    panel = QWidget()
    qtbot.addWidget(panel)
    layout = QVBoxLayout(panel)
    panel.inside = [QPushButton(text) for text in ("one", "two")]
    panel.area = QScrollArea()
    for widget in (*panel.inside, panel.area):
        layout.addWidget(widget)
    panel.ring = FocusRing(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return panel


@pytest.fixture
def focus(until):
    def give(widget):
        widget.setFocus()
        until(widget.hasFocus)

    return give


def rings(panel):
    return [ring for ring in panel.findChildren(Ring) if ring.isVisible()]


def test_ring_surrounds_the_focused_control_and_follows_it(panel, focus):
    for button in panel.inside:
        focus(button)
        [ring] = rings(panel)
        assert ring.geometry() == button.geometry()
    button.setFixedSize(200, 50)
    panel.layout().activate()
    assert ring.geometry() == button.geometry()
    button.hide()
    assert not ring.isVisible()


def test_ring_is_visible(panel, focus):
    one, two = panel.inside
    focus(two)
    before = panel.grab(one.geometry()).toImage()
    focus(one)
    assert panel.grab(one.geometry()).toImage() != before
    focus(two)
    assert panel.grab(one.geometry()).toImage() == before


def test_scroll_areas_and_other_windows_have_no_ring(panel, focus, qtbot, until):
    focus(panel.inside[0])
    focus(panel.area)
    assert rings(panel) == []
    other = QPushButton("elsewhere")
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    focus(other)
    assert rings(panel) == []


def test_ring_deleted_with_its_control_does_no_harm(panel, focus, until):
    part = QWidget()
    QVBoxLayout(part).addWidget(QPushButton("three"))
    panel.layout().addWidget(part)
    part.show()
    focus(part.findChild(QPushButton))
    assert len(rings(panel)) == 1
    gone = []
    part.destroyed.connect(lambda: gone.append(True))
    part.deleteLater()
    until(lambda: bool(gone))
    focus(panel.inside[0])
    assert len(rings(panel)) == 1
