"""What the user can go back to, and forth again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["Drawn", "History", "Undoable"]

_MOST = 50  # states: each stroke is one
_FEWEST = 5
_LARGEST = 512 * 2**20  # bytes: a stroke may keep as many as the target has pixels

State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was on a layer of hints.

    Attributes
    ----------
    layer : Layer
        Where.
    put_back : callable
        Makes the layer what it was.
    """

    layer: Layer
    put_back: Callable[[], None]


class History(Generic[State]):
    """Keeps earlier states, and those that were gone back from until something else is done.

    Parameters
    ----------
    pixels : int
        Of the target: a large one has a shorter history.
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
        """Whether there is a state that was gone back from."""
        return bool(self._future)

    def keep(self, before: State) -> None:
        """Keep the state before something is done."""
        self._past.append(before)
        self._future.clear()

    def drop(self) -> None:
        """Forget the last state that was kept: what was done came to nothing."""
        if self._past:
            self._past.pop()

    def back(self, now: State) -> State:
        """Take the earlier state in exchange for that of now."""
        self._future.append(now)
        return self._past.pop()

    def forth(self, now: State) -> State:
        """Take the later state in exchange for that of now."""
        self._past.append(now)
        return self._future.pop()


class Undoable(ABC, Generic[State]):
    """Goes back to its earlier states, and forth again.

    Attributes
    ----------
    history : History
        Of its states.
    """

    history: History[State]

    @property
    @abstractmethod
    def now(self) -> State:
        """Its state."""

    @abstractmethod
    def return_to(self, state: State) -> None:
        """Be as in another state."""

    @property
    def can_undo(self) -> bool:
        """Whether the user changed something that can be taken back."""
        return self.history.can_go_back

    @property
    def can_redo(self) -> bool:
        """Whether the user took something back."""
        return self.history.can_go_forth

    def undo(self) -> None:
        """Take the last change back, in the user's layers, too."""
        if self.can_undo:
            self.return_to(self.history.back(self.now))

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.can_redo:
            self.return_to(self.history.forth(self.now))
