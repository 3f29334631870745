"""The state shared by the widgets of one viewer: its runs, and the run in progress."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from psygnal import Signal

from napari_oneshot_color.log import log_to_file
from napari_oneshot_color.plugin.runs import durations
from napari_oneshot_color.plugin.runs.jobs import Jobs

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.runs.finished import Finished
    from napari_oneshot_color.plugin.runs.run import Run

__all__ = ["Session"]


class Session:
    """The finished runs of a viewer, in order, and the run in progress.

    Attributes
    ----------
    runs : list of Run
        The runs with a regions or final layer, whose results can be changed.
    colorizers : dict
        Colorizers by name, trained in the viewer or read from a file.
    finished : list of Finished
        The finished runs of "Colorize from example", the newest last.
    form : dict
        The state of its form, for when it is opened again.
    durations : Durations
        The times of earlier runs.
    saving : Jobs
        Saving in progress, which continues if the panel is closed.
    """

    changed = Signal()
    _sessions: ClassVar[WeakKeyDictionary[Viewer, Session]] = WeakKeyDictionary()

    def __init__(self) -> None:
        log_to_file()
        self.runs: list[Run] = []
        self.colorizers: dict[str, Colorizer] = {}
        self.finished: list[Finished] = []
        self.form: dict[str, Any] = {}
        self._replaced: dict[Finished, list[Finished]] = {}
        self.durations = durations.Durations(durations.durations_path())
        self.saving = Jobs()
        self._running: Jobs | None = None
        self._numbers: set[tuple[str, int]] = set()

    @classmethod
    def of(cls, viewer: Viewer) -> Session:
        """Return the session of a viewer, which may be napari's proxy."""
        return cls._sessions.setdefault(getattr(viewer, "__wrapped__", viewer), cls())

    @property
    def running(self) -> Jobs | None:
        """The jobs of the widget with a run in progress, or None."""
        return self._running

    @running.setter
    def running(self, jobs: Jobs | None) -> None:
        if self._running is not None:
            self._running.closed.disconnect(self._on_closed)
        self._running = jobs
        if jobs is not None:
            jobs.closed.connect(self._on_closed)
        self.changed.emit()

    def add(self, run: Run) -> None:
        """Add a finished run, and forget runs whose layers it took over or the user removed."""
        layers = run.layers
        self._numbers.add((layers.target_name, layers.number))
        kept = []
        for old in self.runs:
            if old.layers.is_there and not old.layers.is_taken_over_by(layers):
                kept.append(old)
            else:
                old.end()
        self.runs = kept
        if run.result is not None and layers.is_there:
            self.runs.append(run)
        self.changed.emit()

    def keep(self, finished: Finished) -> None:
        """Add a finished run, and forget those that it replaces or the user removed."""
        others = [one for one in self.finished if one.is_kept_beside(finished)]
        replaced = [one for one in self.finished if _is_replaced(one, finished)]
        for one in replaced:  # runs that these had replaced are no longer needed
            self._replaced.pop(one, None)
        self._replaced[finished] = replaced
        self.finished = [*others, finished]
        self.changed.emit()

    def take_back(self, finished: Finished) -> None:
        """Forget a run whose layers were undone, and restore the runs that it had replaced."""
        place = self.finished.index(finished)
        before = self._replaced.pop(finished, [])
        self.finished[place : place + 1] = before
        self.runs = [run for run in self.runs if run is not finished.run]
        self.runs += [one.run for one in before if one.run is not None and one.run.layers.is_there]
        self.changed.emit()

    def add_colorizer(self, name: str, colorizer: Colorizer) -> None:
        """Add a colorizer under a unique name."""
        numbered = (name if n == 1 else f"{name} ({n})" for n in count(1))
        self.colorizers[next(name for name in numbered if name not in self.colorizers)] = colorizer
        self.changed.emit()

    def _on_closed(self) -> None:
        """Forget the run in progress of a widget that was destroyed."""
        self.running = None

    def number(self, target: str) -> int:
        """Return the number of a target's next run, which is never used twice."""
        return next(number for number in count(1) if (target, number) not in self._numbers)


def _is_replaced(old: Finished, new: Finished) -> bool:
    """Return whether a run's layers now belong to another run."""
    if old.run is None or new.run is None:
        return False
    return old.run.layers.is_taken_over_by(new.run.layers)
