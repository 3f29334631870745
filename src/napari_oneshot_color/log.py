"""The log file: tracebacks of unexpected errors. It stays on this computer."""

from __future__ import annotations

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path

__all__ = ["log_path", "log_to_file", "log_unexpected"]

_LOGGER = logging.getLogger("napari_oneshot_color")
_LARGEST = 1_000_000  # bytes; then a new file is started, and two old ones are kept
_FORMAT = "%(asctime)s %(levelname)s process %(process)d, %(threadName)s: %(message)s"


def log_path() -> Path:
    """Return the path of the log file, which exists once something has been logged."""
    return user_log_path("napari-oneshot-color", appauthor=False) / "log.txt"


def log_to_file() -> None:
    """Write the package's warnings and errors to the log file from now on.

    Called by applications, not by libraries: by the command line and the viewer. If the folder
    cannot be written, there is no log, and no error.
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
    """Log an unexpected error with its traceback.

    Returns
    -------
    str
        A message for the user: the error, the log file and what to do.
    """
    log_to_file()
    _LOGGER.error("unexpected\n%s", "".join(traceback.format_exception(error)))
    what = f"{type(error).__name__}: {error}".partition("\n")[0]
    path = log_path()
    if not path.exists():
        return f"This should not have happened: {what}. Please report it."
    return (
        f"This should not have happened: {what}. The details are in '{path}'. Please report it, "
        "with the output of `napari-oneshot-color info --system`."
    )


class _Handler(RotatingFileHandler):
    """A rotating handler that ignores write errors: a full disk must not stop a run."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging names it so)
        pass
