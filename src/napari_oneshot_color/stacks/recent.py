"""Remembers the last things that were computed in this process."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Recent"]

T = TypeVar("T")


class Recent(Generic[T]):
    """What was computed last for a stack, by its label.

    With it, viewing slices one after another does not compute what they share each time.

    Parameters
    ----------
    count : int
        Number of things that are kept.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._known: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def get(self, label: str) -> T | None:
        """Return what was kept under a label, if it is remembered."""
        with self._lock:
            return self._known.get(label)

    def keep(self, label: str, value: T) -> None:
        """Remember something, and forget the oldest."""
        with self._lock:
            self._known[label] = value
            while len(self._known) > self._count:
                self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
