"""Remembers what was used last in this process, as far as it fits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

__all__ = ["Recent", "bytes_of"]

T = TypeVar("T")


def bytes_of(array: Any) -> int:
    """Return the size of an array in bytes."""
    size: int = array.nbytes
    return size


class Recent(Generic[T]):
    """What was used last, by its label; safe in several threads.

    With it, viewing slices one after another does not compute what they share each time.

    Parameters
    ----------
    most : int
        What all things together may measure. The last one is kept in any case.
    size_of : callable, optional
        What one of them measures; 1 by default, so that they are counted.
    """

    def __init__(self, most: int, size_of: Callable[[T], int] = lambda _: 1) -> None:
        self._most = most
        self._size_of = size_of
        self._known: OrderedDict[Hashable, T] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __contains__(self, label: Hashable) -> bool:
        return label in self._known

    def get(self, label: Hashable) -> T | None:
        """Return what was kept under a label, if it is remembered."""
        with self._lock:
            if label in self._known:
                self._known.move_to_end(label)
            return self._known.get(label)

    def keep(self, label: Hashable, value: T) -> None:
        """Remember something, and forget what was not used for longest."""
        with self._lock:
            if label in self._known:
                self._size -= self._size_of(self._known.pop(label))
            self._known[label] = value
            self._size += self._size_of(value)
            while self._size > self._most and len(self._known) > 1:
                self._size -= self._size_of(self._known.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
            self._size = 0
