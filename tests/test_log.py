"""The log contains tracebacks of unexpected errors; an unwritable log is not an error."""

import logging
from logging.handlers import RotatingFileHandler

import pytest

from napari_oneshot_color import errors, log
from napari_oneshot_color.log import log_path, log_to_file, log_unexpected

LOGGER = logging.getLogger("napari_oneshot_color")


@pytest.fixture(autouse=True)
def _state(monkeypatch, tmp_path):
    monkeypatch.setattr(log, "user_log_path", lambda name, **_: tmp_path / name / "log")
    handlers = LOGGER.handlers[:]
    LOGGER.handlers = [logging.NullHandler()]
    yield
    for handler in LOGGER.handlers:
        handler.close()
    LOGGER.handlers = handlers


def raised(message):
    try:
        raise ZeroDivisionError(message)
    except ZeroDivisionError as error:
        return error


def test_unexpected_error_is_logged_with_its_traceback():
    sentence = log_unexpected(raised("by nought\nand more"))
    assert "ZeroDivisionError: by nought." in sentence
    assert "and more" not in sentence
    assert str(log_path()) in sentence
    assert "info --system" in sentence
    text = log_path().read_text(encoding="utf-8")
    assert "test_log.py" in text
    assert "ZeroDivisionError: by nought\nand more" in text


def test_a_failed_device_is_logged_and_gives_a_clear_error():
    log_to_file()
    with pytest.raises(errors.DeviceError), errors.translated_errors():
        raise RuntimeError("a kernel\nat line 7")
    assert "at line 7" in log_path().read_text(encoding="utf-8")


def test_log_is_not_created_before_there_is_an_entry():
    log_to_file()
    LOGGER.info("a run began")
    assert not log_path().exists()


def test_the_log_is_limited_in_size(monkeypatch):
    monkeypatch.setattr(log, "_LARGEST", 2000)
    for _ in range(30):
        log_unexpected(raised("x" * 200))
    files = sorted(path.name for path in log_path().parent.iterdir())
    assert files == ["log.txt", "log.txt.1", "log.txt.2"]


def test_setting_up_the_log_twice_logs_once():
    log_to_file()
    log_unexpected(raised("once"))
    assert log_path().read_text(encoding="utf-8").count("ZeroDivisionError: once") == 1
    assert sum(isinstance(handler, RotatingFileHandler) for handler in LOGGER.handlers) == 1


def test_without_a_log_file_the_message_does_not_name_one(tmp_path):
    (tmp_path / "napari-oneshot-color").write_text("a file where the folder would be")
    sentence = log_unexpected(raised("by nought"))
    assert sentence == (
        "This should not have happened: ZeroDivisionError: by nought. Please report it."
    )


def test_an_unwritable_log_is_not_an_error():
    log_to_file()
    log_path().mkdir()
    assert "Please report it" in log_unexpected(raised("by nought"))
