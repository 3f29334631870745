"""The three presets that are always shown."""

import pytest

from napari_oneshot_color.plugin.forms.preset_choice import PLAIN, PresetChoice
from napari_oneshot_color.plugin.runs.durations import Duration
from napari_oneshot_color.settings import PRESETS


@pytest.fixture
def choice(qtbot):
    made = PresetChoice()
    qtbot.addWidget(made)
    return made


def test_shown_presets_exist():
    assert set(PLAIN) < set(PRESETS)


def test_only_a_click_chooses_a_preset(choice):
    chosen = []
    choice.chosen.connect(chosen.append)
    choice.show_chosen("best")
    assert choice.buttons["best"].isChecked()
    choice.show_chosen("quick")
    assert not any(button.isChecked() for button in choice.buttons.values())
    assert chosen == []
    choice.buttons["paper"].click()
    assert chosen == ["paper"]
    assert choice.buttons["paper"].isChecked()


def test_times_are_shown_and_read_aloud(choice):
    choice.show_times({"best": Duration(21, is_measured=True)})
    assert choice.times["best"].text() == "about 20 s"
    assert choice.buttons["best"].accessibleName() == "Best, about 20 s"
    assert choice.times["best"].toolTip() == "Estimated from earlier runs on this computer."
    assert choice.times["paper"].text() == ""
    assert choice.buttons["paper"].accessibleName() == "As in the paper"
