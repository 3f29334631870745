"""Work of the main thread done in parts, between which the viewer answers the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import QTimer

__all__ = ["bit_by_bit"]

_PAUSE = 1  # ms: what the user did meanwhile comes first


def bit_by_bit(
    parts: Iterator[Any], then: Callable[[], None], is_wanted: Callable[[], bool]
) -> None:
    """Do a part whenever the viewer is at rest.

    Parameters
    ----------
    parts : iterator
        Does a part whenever it is asked for the next one.
    then : callable
        Is called after the last one.
    is_wanted : callable
        Says before each part whether to go on at all.
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
