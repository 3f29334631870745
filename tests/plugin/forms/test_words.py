"""People read words, not the names that programs have for settings."""

import re

import pytest

from napari_oneshot_color.plugin.forms.words import group_in_words, help_in_words, in_words, offered
from napari_oneshot_color.settings import all_settings

TERSE = re.compile(r"dcgan|chroma\b|[a-z]_[a-z]|\b0 (takes|chooses|trains|means)")


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_no_help_has_the_names_of_programs(setting):
    assert not TERSE.search(help_in_words(setting))
    assert not TERSE.search(group_in_words(setting.group))
    assert [value for _, value in offered(setting)] == list(setting.choices)
    assert not any(TERSE.search(shown) for shown, _ in offered(setting))


def test_problems_are_said_in_words():
    said = in_words("'tile_size' must be a multiple of 32 for chroma, not 48.")
    assert said == "'tile size' must be a multiple of 32 for 'colour alone', not 48."
    said = in_words("'working_size' must be at least 64, or 0.")
    assert said == "'working size' must be at least 64, or automatic."
    assert in_words("'left': it is grey.") == "'left': it is grey."
