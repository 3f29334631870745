"""The form with every setting."""

import pytest
from magicgui.widgets import CheckBox, ComboBox, LineEdit

from napari_oneshot_color import Settings
from napari_oneshot_color.plugin.forms.numbers import Number, WholeNumber
from napari_oneshot_color.plugin.forms.settings_form import SettingsForm
from napari_oneshot_color.plugin.forms.words import AUTOMATIC, help_in_words
from napari_oneshot_color.settings import PRESETS, all_settings

KINDS = {bool: CheckBox, int: WholeNumber, float: Number, str: LineEdit}


@pytest.fixture
def form(qtbot):
    form = SettingsForm("quick")
    qtbot.addWidget(form)
    return form


def test_every_setting_has_a_field(form):
    assert list(form.fields) == [setting.name for setting in all_settings()]


def test_settings_shown_elsewhere_are_left_out(qtbot):
    form = SettingsForm("quick", elsewhere=("device", "seed"))
    qtbot.addWidget(form)
    shown = [setting.name for setting in all_settings()]
    assert list(form.fields) == [name for name in shown if name not in ("device", "seed")]


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_field_has_the_kind_limits_and_help_of_its_setting(form, setting):
    field = form.fields[setting.name]
    assert isinstance(field, ComboBox if setting.choices else KINDS[setting.type])
    assert field.tooltip == help_in_words(setting)
    if setting.choices:
        assert tuple(field.choices) == setting.choices
    elif setting.minimum is not None:
        assert (field.min, field.max) == (setting.minimum, setting.maximum)
        for limit in (setting.minimum, setting.maximum):
            field.value = limit
            assert form.values()[setting.name] == limit
        assert type(field.value) is setting.type


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_fills_in_its_values_exactly(form, preset):
    form.set_preset(preset)
    assert Settings.from_values(form.values()) == Settings.preset(preset)
    assert form.is_preset()


@pytest.mark.parametrize("name", AUTOMATIC)
def test_zero_is_shown_as_a_word_where_it_means_automatic(form, name):
    form.fields[name].value = 0
    assert form.fields[name].native.text() == AUTOMATIC[name]


def test_changed_values_are_reset_to_the_preset_by_a_click(form, click):
    form.set_preset("paper")
    form.fields["epochs"].value = 3
    form.fields["flip"].value = False
    assert not form.is_preset()
    click(form.reset_button)
    assert Settings.from_values(form.values()) == Settings.preset("paper")


def test_every_change_is_emitted_once(form, qtbot):
    with qtbot.waitSignal(form.changed, check_params_cb=None):
        form.fields["epochs"].value = 3
    told = []
    form.changed.connect(lambda: told.append(None))
    form.set_preset("paper")
    assert len(told) == 1


def test_impossible_combination_gives_a_message(form):
    assert form.problem() is None
    form.fields["resize_min"].value = 2.0
    assert form.problem() == "'resize_min' must not exceed 'resize_max'."


def said_below(widget):
    return widget.controls.sentence.text()


def test_choosing_a_preset_in_the_widget_fills_in_the_form(colorize, until):
    colorize.preset.value = "paper"
    assert colorize.settings.values()["epochs"] == 14
    assert colorize.settings.is_preset()
    colorize.settings.fields["tile_size"].value = 48
    said = "Preset 'As in the paper', with other settings: about "
    until(lambda: said_below(colorize).startswith(said))
