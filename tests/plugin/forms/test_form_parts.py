"""Boxes that follow the layers, labelled rows, folded sections, scrolling, the wheel."""

import pytest
from magicgui.widgets import CheckBox, ComboBox, SpinBox
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication, QLabel, QSlider, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms import form_parts


@pytest.fixture
def shown(qtbot):
    """Show a widget, and wait until it is there."""

    def show(widget):
        qtbot.addWidget(widget)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return show


class Thing:
    """Something with a name, like a layer; equal only to itself."""

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name


def test_renamed_choice_stays_chosen(qtbot):
    things = [Thing("a"), Thing("b")]
    box = ComboBox(choices=lambda widget: [(thing.name, thing) for thing in things])
    box.value = things[1]
    changes = []
    box.changed.connect(changes.append)
    things[1].name = "c"
    things.insert(0, Thing("new"))
    form_parts.offer_anew(box)
    assert box.value is things[2]
    assert {box.native.itemText(index) for index in range(3)} == {"new", "a", "c"}
    assert changes == []


def test_removed_choice_is_replaced(qtbot):
    things = [Thing("a"), Thing("b")]
    box = ComboBox(choices=lambda widget: [(thing.name, thing) for thing in things])
    box.value = things.pop()
    form_parts.offer_anew(box)
    assert box.value is things[0]


def test_rows_have_labels_with_the_fields_tool_tips(qtbot):
    number = SpinBox(label="seed", tooltip="Any number.")
    tick = CheckBox(text="flip")
    form = form_parts.rows(number, tick)
    qtbot.addWidget(form)
    labels = form.findChildren(QLabel)
    assert [(label.text(), label.toolTip()) for label in labels] == [("seed", "Any number.")]
    assert form.isAncestorOf(number.native)
    assert form.isAncestorOf(tick.native)


def test_box_with_a_long_name_can_be_narrow(qtbot):
    wide, narrow = (ComboBox(choices=["x" * 200]) for _ in range(2))
    form_parts.shrinking(narrow.native)
    width = narrow.native.minimumSizeHint().width()
    assert width < wide.native.minimumSizeHint().width() / 4


def test_form_scrolls_only_vertically(shown, qtbot):
    form = QWidget()
    layout = QVBoxLayout(form)
    for number in range(40):
        layout.addWidget(QLabel(f"a rather long line, number {number}"))
    area = form_parts.scrolling(form)
    shown(area)
    qtbot.waitUntil(lambda: area.minimumWidth() > form.minimumSizeHint().width())
    area.resize(10, 100)
    assert area.verticalScrollBar().maximum() > 0
    assert area.horizontalScrollBar().maximum() == 0


def roll(widget):
    event = QWheelEvent(
        QPointF(widget.rect().center()),
        QPointF(widget.mapToGlobal(widget.rect().center())),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_wheel_changes_only_the_focused_field(shown, qtbot):
    panel = QWidget()
    layout = QVBoxLayout(panel)
    first, second = QSlider(), QSlider()
    for slider in (first, second):
        slider.setRange(0, 100)
        slider.setValue(50)
        layout.addWidget(slider)
    form_parts.wheel_with_focus(panel)
    shown(panel)
    panel.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    roll(second)
    assert second.value() == 50
    assert first.hasFocus()
    roll(first)
    assert first.value() < 50


def test_new_names_are_noticed_without_an_event_of_napari(viewer, layers):
    class Widget:
        count = 0

        def reset_choices(self):
            self.count += 1

    widget = Widget()
    form_parts.follow_names(viewer.layers, widget)
    layers[0].name = "another"
    # where there is an event of its own, napari's dock resets the choices
    assert widget.count == (0 if "renamed" in viewer.layers.events else 1)
