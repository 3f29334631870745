"""Parts of a form that fold."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.section import Section

LONG = "A sentence that needs several lines where there is little room for it, so it is wrapped."


def test_folded_section_hides_its_contents(shown):
    inside = QLabel("inside")
    section = shown(Section("title", inside))
    assert not section.is_unfolded
    assert not inside.isVisible()
    section.unfold()
    assert section.is_unfolded
    assert inside.isVisible()
    section.unfold(False)
    assert not inside.isVisible()


def test_click_on_the_title_unfolds_and_folds(shown, click):
    section = shown(Section("title", QLabel("inside")))
    told = []
    section.toggled.connect(told.append)
    click(section.button)
    click(section.button)
    assert told == [True, False]


def test_arrow_has_the_color_of_the_text_and_is_not_read_aloud(shown):
    section = shown(Section("title"))
    folded = section.button.text()
    section.unfold()
    assert folded != section.button.text()
    assert folded.endswith("title")
    assert section.button.icon().isNull()
    assert section.button.accessibleName() == "title"


@pytest.mark.parametrize("is_on", [False, True])
def test_section_that_is_renamed_stays_as_it_is(shown, is_on):
    inside = QLabel("inside")
    section = shown(Section("title", inside))
    section.unfold(is_on)
    arrow = section.button.text()[0]
    section.rename("other")
    assert section.button.text() == f"{arrow}  other"
    assert section.button.accessibleName() == "other"
    assert inside.isVisible() == is_on


def wrapped_form():
    form = QWidget()
    layout = QFormLayout(form)
    layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    for number in range(3):
        field = QLineEdit()
        field.setMinimumWidth(150)
        layout.addRow(QLabel(f"A long name of a setting, number {number}"), field)
    return form


def wrapped_sentence():
    label = QLabel(LONG)
    label.setWordWrap(True)
    return label


@pytest.mark.parametrize("make", [wrapped_form, wrapped_sentence])
def test_unfolded_section_has_the_height_for_its_width(shown, qtbot, make):
    inside = make()
    inner = Section("inner", inside)
    outer = Section("outer", inner)
    place = QWidget()
    layout = QVBoxLayout(place)
    layout.addWidget(outer, alignment=Qt.AlignmentFlag.AlignTop)
    place.resize(220, 600)
    shown(place)
    outer.unfold()
    inner.unfold()
    needed = lambda: inside.heightForWidth(inside.width())  # noqa: E731
    qtbot.waitUntil(lambda: inside.height() >= needed() > 40)
    last = inside.layout().itemAt(inside.layout().count() - 1) if inside.layout() else None
    assert last is None or last.geometry().bottom() <= inside.height()
