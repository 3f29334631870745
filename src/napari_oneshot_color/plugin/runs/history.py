"""Undo and redo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["Drawn", "History", "Undoable"]

_MOST = 50  # states; each stroke is one
_FEWEST = 5
_LARGEST = 512 * 2**20  # bytes; a stroke may need one for each pixel of the target

State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class Drawn:
    """The earlier content of a hints layer.

    Attributes
    ----------
    layer : Layer
        The layer.
    put_back : callable
        Restores the content.
    """

    layer: Layer
    put_back: Callable[[], None]


class History(Generic[State]):
    """The states for undo and redo.

    Parameters
    ----------
    pixels : int
        Number of pixels of the target; a large target has a shorter history.
    """

    def __init__(self, pixels: int = 1) -> None:
        most = max(_FEWEST, min(_MOST, _LARGEST // max(1, pixels)))
        self._past: deque[State] = deque(maxlen=most)
        self._future: list[State] = []

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier state."""
        return bool(self._past)

    @property
    def can_go_forth(self) -> bool:
        """Whether there is a later state."""
        return bool(self._future)

    def keep(self, before: State) -> None:
        """Store the state before a change; later states are dropped."""
        self._past.append(before)
        self._future.clear()

    def drop(self) -> None:
        """Forget the last stored state, because the change had no effect."""
        if self._past:
            self._past.pop()

    def back(self, now: State) -> State:
        """Return the earlier state, and store the current one as the later state."""
        self._future.append(now)
        return self._past.pop()

    def forth(self, now: State) -> State:
        """Return the later state, and store the current one as the earlier state."""
        self._past.append(now)
        return self._future.pop()


class Undoable(ABC, Generic[State]):
    """Base class of objects whose changes can be undone.

    Attributes
    ----------
    history : History
        The history of its states.
    """

    history: History[State]

    @property
    @abstractmethod
    def now(self) -> State:
        """The current state."""

    @abstractmethod
    def return_to(self, state: State) -> None:
        """Return to another state."""

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return self.history.can_go_back

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo."""
        return self.history.can_go_forth

    def undo(self) -> None:
        """Undo the last change, also in the user's layers."""
        if self.can_undo:
            self.return_to(self.history.back(self.now))

    def redo(self) -> None:
        """Redo the change that was undone last."""
        if self.can_redo:
            self.return_to(self.history.forth(self.now))
