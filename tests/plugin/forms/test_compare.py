"""The slider between grey and colour."""

import pytest
from qtpy.QtCore import Qt

from napari_oneshot_color.plugin.forms.compare import CompareRow


@pytest.fixture
def row(qtbot):
    made = CompareRow()
    qtbot.addWidget(made)
    return made


def test_slider_sets_the_amount_of_color(row):
    told = []
    row.moved.connect(told.append)
    assert row.slider.value() == row.slider.maximum()
    row.slider.setValue(row.slider.maximum() // 4)
    assert told == [0.25]
    row.reset()
    assert row.slider.value() == row.slider.maximum()
    assert told == [0.25]


def test_grey_is_shown_while_the_button_is_held(row, qtbot):
    row.slider.setValue(60)
    told = []
    row.moved.connect(told.append)
    qtbot.mousePress(row.hold, Qt.MouseButton.LeftButton)
    assert told == [0.0]
    qtbot.mouseRelease(row.hold, Qt.MouseButton.LeftButton)
    assert told == [0.0, 0.6]
