"""Fields for numbers."""

import pytest
from qtpy.QtWidgets import QDoubleSpinBox, QLineEdit

from napari_oneshot_color.plugin.forms.numbers import Number, WholeNumber, keep_room


def test_integer_is_accepted_as_integer(shown):
    field = WholeNumber(label="Steps", minimum=0, maximum=2**31 - 1, value=7)
    told = []
    field.changed.connect(told.append)
    assert (field.value, type(field.value)) == (7, int)
    assert shown(field.native).text() == "7"
    field.native.stepUp()
    assert field.value == 8
    assert told == [8]
    field.value = 2**31 - 1
    assert field.value == 2**31 - 1


@pytest.mark.parametrize("kind", [Number, WholeNumber])
def test_special_word_stands_for_the_lowest_number(shown, kind):
    options = {} if kind is WholeNumber else {"decimals": 3}
    field = kind(minimum=0, maximum=9, value=0, word="automatic", **options)
    assert shown(field.native).text() == "automatic"
    assert field.value == 0
    field.value = 3
    assert field.native.text().startswith("3")


def test_decimals_are_kept():
    field = Number(decimals=4, minimum=0.0001, maximum=1.0, value=0.0006)
    assert field.value == 0.0006
    assert field.native.text() == "0.0006"


def test_longest_text_has_room_in_any_font(shown):
    box = QDoubleSpinBox()
    box.setRange(0, 123456)
    box.setDecimals(5)
    keep_room(box)
    shown(box)
    for size in (9, 24):
        font = box.font()
        font.setPointSize(size)
        box.setFont(font)
        box.setValue(123456)
        box.resize(box.minimumWidth(), box.height())
        line = box.findChild(QLineEdit)
        assert line.width() > box.fontMetrics().horizontalAdvance(box.text())
