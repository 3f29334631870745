"""The log file: errors that nobody foresaw, with their traceback. It stays on this computer."""

from __future__ import annotations

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path

__all__ = ["log_path", "log_to_file", "log_unexpected"]

_LOGGER = logging.getLogger("napari_oneshot_color")
_LARGEST = 1_000_000  # bytes; then a new file is begun, and two old ones are kept
_FORMAT = "%(asctime)s %(levelname)s process %(process)d, %(threadName)s: %(message)s"


def log_path() -> Path:
    """Return where the log file is, or will be once there is something to log."""
    return user_log_path("napari-oneshot-color", appauthor=False) / "log.txt"


def log_to_file() -> None:
    """Write the package's warnings and errors into the log file from now on.

    Programs call it, not libraries: the command line and the viewer. Where the folder cannot be
    written there is no log, and nothing fails.
    """
    if any(isinstance(handler, _Handler) for handler in _LOGGER.handlers):
        return
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Handler(path, maxBytes=_LARGEST, backupCount=2, delay=True, encoding="utf-8")
    except OSError:
        return
    handler.setFormatter(logging.Formatter(_FORMAT))
    handler.setLevel(logging.WARNING)
    _LOGGER.addHandler(handler)


def log_unexpected(error: BaseException) -> str:
    """Log an error that nobody foresaw, with its traceback, and say where it was written.

    Returns
    -------
    str
        A sentence for the user, with what to do.
    """
    log_to_file()
    _LOGGER.error("unexpected\n%s", "".join(traceback.format_exception(error)))
    what = f"{type(error).__name__}: {error}".partition("\n")[0]
    path = log_path()
    if not path.exists():
        return f"This should not have happened: {what}. Please report it."
    return (
        f"This should not have happened: {what}. The details are in '{path}'. Please report it, "
        "with what `napari-oneshot-color info --system` prints."
    )


class _Handler(RotatingFileHandler):
    """Rotates, and is silent where nothing can be written: a full disk stops no run."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging names it so)
        pass
