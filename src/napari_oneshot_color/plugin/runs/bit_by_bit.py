"""Splits work of the main thread into parts, so that the viewer stays responsive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import QTimer

__all__ = ["bit_by_bit"]

_PAUSE = 1  # ms, in which the viewer handles the user's input


def bit_by_bit(
    parts: Iterator[Any], then: Callable[[], None], is_wanted: Callable[[], bool]
) -> None:
    """Do one part at a time whenever the viewer is idle.

    Parameters
    ----------
    parts : iterator
        Does one part for each item.
    then : callable
        Called after the last part.
    is_wanted : callable
        Called before each part; ends the work if it returns False.
    """

    def go_on() -> None:
        if not is_wanted():
            return
        try:
            next(parts)
        except StopIteration:
            then()
        except Exception:
            then()
            raise
        else:
            QTimer.singleShot(_PAUSE, go_on)

    go_on()
