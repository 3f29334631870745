"""Each setting explains itself and checks its values."""

import math

import pytest

from napari_oneshot_color.errors import BadSettingsError
from napari_oneshot_color.settings import Settings, all_settings

NUMBERS = [setting for setting in all_settings() if setting.minimum is not None]


CHOICES = [setting for setting in all_settings() if setting.choices]


def named(setting):
    return setting.name


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_number_is_allowed_within_its_limits_only(setting):
    lowest, highest = setting.type(setting.minimum), setting.type(setting.maximum)
    if setting.type is int:
        below, above = lowest - 1, highest + 1
    else:
        below, above = math.nextafter(lowest, -math.inf), math.nextafter(highest, math.inf)
    assert setting.problem(lowest) is None
    assert setting.problem(highest) is None
    for outside in (below, above):
        with pytest.raises(BadSettingsError, match=f"'{setting.name}' must be between"):
            Settings(**{setting.name: outside})


@pytest.mark.parametrize("setting", CHOICES, ids=named)
def test_word_is_one_of_the_choices(setting):
    for choice in setting.choices:
        assert getattr(Settings(**{setting.name: choice}), setting.name) == choice
    with pytest.raises(BadSettingsError, match=f"'{setting.name}' must be one of .*not 'other'"):
        Settings(**{setting.name: "other"})


@pytest.mark.parametrize("setting", all_settings(), ids=named)
def test_every_setting_explains_itself(setting):
    assert setting.default == getattr(Settings(), setting.name)
    assert setting.type is type(setting.default)
    assert setting.group
    assert setting.help.endswith(".")
    assert setting.problem(setting.default) is None
    for choice in setting.choices:
        assert choice in setting.full_help


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_help_of_a_number_states_its_limits_exactly(setting):
    words = setting.full_help.rstrip(".").replace(",", "").split()
    assert float(words[-3]) == setting.minimum
    assert float(words[-1]) == setting.maximum
