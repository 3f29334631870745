"""Texts in the panel: one word for each thing, sentence case, short sentences."""

import re

import pytest
from qtpy.QtWidgets import QAbstractButton, QCheckBox, QFormLayout, QLabel, QWidget

LONGEST = 170  # characters of a tooltip: two lines
VALUES = re.compile(r"^[-\d.]*$")


@pytest.fixture(params=["Colorize from example", "Correct colours", "Where to trust it"])
def tab(request, layers, open_widget):
    return open_widget(request.param)


@pytest.fixture
def apply_tab(apply, layers):
    return apply


def texts(tab):
    """Read labels of fields, buttons and boxes, but not what a layer is called."""
    found = [one.text().lstrip("▸▾ ") for one in tab.findChildren(QAbstractButton)]
    for form in tab.findChildren(QFormLayout):
        labels = [form.itemAt(n, QFormLayout.ItemRole.LabelRole) for n in range(form.rowCount())]
        found += [label.widget().text() for label in labels if label is not None]
    own = {box.text() for box in tab.findChildren(QCheckBox) if box.text() == box.toolTip()}
    return [text for text in found if text and text not in own and not VALUES.match(text)]


def check(tab):
    labels = texts(tab)
    assert labels
    assert [label for label in labels if not label[0].isupper()] == []
    tips = {child.toolTip() for child in tab.findChildren(QWidget)} - {"", "left", "right"}
    assert [tip for tip in tips if len(tip) > LONGEST or (tip[-1] not in ".)" and tip)] == []


def test_labels_are_in_sentence_case_and_tooltips_are_short_sentences(tab):
    check(tab)


def test_apply_says_it_in_the_same_way(apply_tab):
    check(apply_tab)


def test_same_thing_has_the_same_label_in_every_tab(layers, open_widget, apply):
    colorize = open_widget("Colorize from example")
    trust = open_widget("Where to trust it")
    assert colorize.target.label == apply.target.label == "Target"
    assert colorize.target.tooltip == apply.target.tooltip
    assert colorize.results.choice.label == trust.run.label == "Result"
    kinds = set(apply.layers) & set(colorize.layers)
    assert {apply.layers[kind].text for kind in kinds} == {
        colorize.layers[kind].text for kind in kinds
    }


def test_source_is_called_so_and_presets_have_one_name(layers, open_widget):
    colorize = open_widget("Colorize from example")
    names = [colorize.preset.native.itemText(n) for n in range(colorize.preset.native.count())]
    plain = [button.text() for button in colorize.preset_choice.buttons.values()]
    assert set(plain) < set(names)
    words = " ".join(label.text() for label in colorize.findChildren(QLabel))
    assert not re.search(r"\bexample\b|\bgrayscale\b", words)
