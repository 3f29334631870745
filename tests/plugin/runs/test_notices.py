"""Notifications in the viewer."""

from pathlib import Path

import pytest

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.log import log_path
from napari_oneshot_color.plugin.runs import notices


def test_path_of_saved_files_is_shown(said):
    notices.attempt(lambda: Path("folder") / "file")
    assert said() == [f"Saved in {Path('folder') / 'file'}"]


def test_known_error_is_shown_as_its_message(said):
    def fail():
        raise BadFileError("The disk is full. Make room.")

    notices.attempt(fail)
    assert said() == ["The disk is full. Make room."]


def test_unexpected_error_is_not_hidden_by_an_attempt():
    def fail():
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        notices.attempt(fail)


def test_unexpected_error_is_shown_with_the_log_that_contains_its_traceback(viewer, said):
    notices.notify_error(ValueError("a bug"))
    [message] = said()
    assert "ValueError: a bug" in message
    assert str(log_path()) in message
    assert "a bug" in log_path().read_text(encoding="utf-8")
