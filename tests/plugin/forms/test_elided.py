"""Names that are too long for their place."""

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QComboBox, QToolTip, QWidget

from napari_oneshot_color.plugin.forms.elided import ElidedCheckBox, ElidedLabel, elide, shown_in
from napari_oneshot_color.plugin.forms.form_parts import explain

NAME = "a very long name of a layer & of nothing else"


def test_long_name_is_elided_in_the_middle_and_complete_in_the_tooltip(qtbot):
    box = ElidedCheckBox()
    qtbot.addWidget(box)
    name = "a very long name of a layer & of nothing else"
    box.set_name(name)
    box.resize(90, 20)
    box.show()
    assert "…" in box.text()
    assert box.toolTip() == name
    box.resize(900, 20)
    qtbot.waitUntil(lambda: box.text() == name.replace("&", "&&"))


def test_label_is_shortened_for_the_eye_alone(shown, qtbot):
    label = ElidedLabel()
    label.set_text(NAME)
    label.resize(90, 20)
    shown(label)
    assert "…" in label.text()
    assert label.toolTip() == label.accessibleName() == NAME
    label.resize(900, 20)
    qtbot.waitUntil(lambda: label.text() == NAME)


@pytest.fixture
def box(qtbot):
    panel = QWidget()
    qtbot.addWidget(panel)
    box = QComboBox(panel)
    box.addItems([NAME, "short"])
    box.setToolTip("Which one.")
    elide(box)
    box.resize(120, 24)
    with qtbot.waitExposed(panel):
        panel.show()
    yield box
    panel.hide()


def test_long_choice_is_elided_in_the_middle(box):
    assert "…" in shown_in(box)
    assert shown_in(box).startswith("a very")
    assert shown_in(box).endswith("else")
    assert box.view().textElideMode() == Qt.TextElideMode.ElideMiddle
    box.resize(900, 24)
    assert shown_in(box) == NAME
    box.resize(120, 24)
    box.setCurrentText("short")
    assert shown_in(box) == "short"


def test_elided_choice_is_what_is_painted(box):
    before = box.grab().toImage()
    box.setItemText(0, shown_in(box))
    assert box.grab().toImage() == before
    box.setItemText(0, "another long name, which looks like no other one at all")
    assert box.grab().toImage() != before


def test_tooltip_begins_with_the_name_that_is_cut(box):
    explain(box.parent())
    whole = NAME.replace("&", "&amp;")
    for text, tip in ((NAME, f"{whole}<br>Which one."), ("short", "Which one.")):
        box.setCurrentText(text)
        place = box.rect().center()
        QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, place, box.mapToGlobal(place)))
        assert QToolTip.text() == f"<qt>{tip}</qt>"
        QToolTip.hideText()
