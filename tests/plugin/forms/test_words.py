"""Users read words, not the identifiers of settings."""

import re

import pytest

from napari_oneshot_color.plugin.forms.words import (
    group_in_words,
    help_in_words,
    in_words,
    label_of,
    offered,
)
from napari_oneshot_color.settings import all_settings

TERSE = re.compile(r"dcgan|chroma\b|[a-z]_[a-z]|\b0 (takes|chooses|trains|means)")


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_help_texts_contain_no_identifiers(setting):
    assert not TERSE.search(help_in_words(setting))
    assert not TERSE.search(group_in_words(setting.group))
    assert [value for _, value in offered(setting)] == list(setting.choices)
    assert not any(TERSE.search(shown) for shown, _ in offered(setting))


def test_problems_are_said_in_words():
    said = in_words("'tile_size' must be a multiple of 32 for chroma, not 48.")
    assert said == "'Tile size' must be a multiple of 32 for 'colour alone', not 48."
    said = in_words("'working_size' must be at least 64, or 0.")
    assert said == "'Working size' must be at least 64, or automatic."
    assert in_words("'epochs' must be at least 1.") == "'Epochs' must be at least 1."


def test_names_of_layers_are_left_unchanged():
    for name in ("left", "my_scan", "contrast"):
        assert in_words(f"'{name}': it is grey.") == f"'{name}': it is grey."


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_settings_are_labelled_in_sentence_case_and_explained_in_two_lines(setting):
    assert label_of(setting.name)[0].isupper()
    assert len(help_in_words(setting)) <= 170


def test_acronyms_keep_their_capitals():
    assert label_of("ssim_window") == "SSIM window"
    assert label_of("cuda_graph") == "CUDA graph"
