"""The errors that users can meet. Each message is a sentence with advice."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "BadColorizerFileError",
    "BadFileError",
    "BadPairError",
    "BadSettingsError",
    "DeviceError",
    "MissingDescriptorError",
    "OneshotColorError",
    "OutOfMemoryError",
    "translated_errors",
]


_log = logging.getLogger(__name__)


class OneshotColorError(Exception):
    """Base class of all errors that this package raises on purpose."""


class BadPairError(OneshotColorError):
    """The source or the target cannot be used."""


class BadSettingsError(OneshotColorError):
    """A setting is unknown, outside its limits, or contradicts another one."""


class BadFileError(OneshotColorError):
    """A file or folder cannot be read or written."""


class BadColorizerFileError(BadFileError):
    """A colorizer file is truncated, foreign, or of a newer format."""


class MissingDescriptorError(OneshotColorError):
    """The weights of a descriptor are not installed, or are not the expected ones."""


class OutOfMemoryError(OneshotColorError):
    """The computer or the GPU ran out of memory."""


class DeviceError(OneshotColorError):
    """The computing device was lost, or failed unexpectedly."""


_OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate errors of torch and the system into errors that a user can act on.

    torch raises ``RuntimeError`` for a full GPU, a lost device and its own bugs alike. napari's
    generator workers swallow exactly that class, so none may leave the core.

    Raises
    ------
    OutOfMemoryError
        For a ``MemoryError``, or a ``RuntimeError`` about memory.
    DeviceError
        For any other ``RuntimeError``.
    """
    try:
        yield
    except MemoryError as error:
        raise OutOfMemoryError(_memory_advice()) from error
    except RuntimeError as error:
        text = str(error).strip()
        if any(words in text.lower() for words in _OUT_OF_MEMORY_WORDS):
            raise OutOfMemoryError(_memory_advice()) from error
        # as text: a traceback object would keep its frames, and with them the device's memory
        _log.error("a device failed\n%s", "".join(traceback.format_exception(error)))
        first_line = text.splitlines()[0] if text else type(error).__name__
        raise DeviceError(
            f"The computation failed on the device: {first_line}. Choose the device 'cpu' to "
            "continue; if it fails there, too, please report it."
        ) from error


def _memory_advice() -> str:
    return (
        "There was not enough memory. Lower the batch size, the working size or the base width, "
        "close other programs, or choose the device 'cpu'."
    )
