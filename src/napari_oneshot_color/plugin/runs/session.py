"""What the widgets of one viewer share: the runs made in it, and whether one is under way."""

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
    """The finished runs of a viewer, in their order, and the widget that runs now.

    Attributes
    ----------
    runs : list of Run
        Those with a layer of regions or a final one, which can be changed; each has its result.
    colorizers : dict
        Names and colorizers: trained in the viewer, or read from a file.
    finished : list of Finished
        What the runs of "Colorize from example" made, the newest last.
    form : dict
        How its form was left, for when it is opened again.
    durations : Durations
        How long runs take on this computer.
    saving : Jobs
        What is being saved; a panel that is closed meanwhile takes nothing of it away.
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
        """Return the viewer's session; napari hands plugins a proxy of the viewer."""
        return cls._sessions.setdefault(getattr(viewer, "__wrapped__", viewer), cls())

    @property
    def running(self) -> Jobs | None:
        """The jobs of the widget whose run is under way, or None."""
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
        """Keep a finished run, and forget those whose layers it took over or the user removed."""
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
        """Keep what a run made, and forget what it replaces and what the user removed."""
        others = [one for one in self.finished if one.is_kept_beside(finished)]
        replaced = [one for one in self.finished if _is_replaced(one, finished)]
        for one in replaced:  # what these had replaced themselves is not needed any more
            self._replaced.pop(one, None)
        self._replaced[finished] = replaced
        self.finished = [*others, finished]
        self.changed.emit()

    def take_back(self, finished: Finished) -> None:
        """Forget a run whose layers were undone, and remember those that it had replaced."""
        place = self.finished.index(finished)
        before = self._replaced.pop(finished, [])
        self.finished[place : place + 1] = before
        self.runs = [run for run in self.runs if run is not finished.run]
        self.runs += [one.run for one in before if one.run is not None and one.run.layers.is_there]
        self.changed.emit()

    def add_colorizer(self, name: str, colorizer: Colorizer) -> None:
        """Keep a colorizer under a name of its own."""
        numbered = (name if n == 1 else f"{name} ({n})" for n in count(1))
        self.colorizers[next(name for name in numbered if name not in self.colorizers)] = colorizer
        self.changed.emit()

    def _on_closed(self) -> None:
        """Wait no more for the run of a widget that was destroyed."""
        self.running = None

    def number(self, target: str) -> int:
        """Return which number a target's next run has; none is given twice."""
        return next(number for number in count(1) if (target, number) not in self._numbers)


def _is_replaced(old: Finished, new: Finished) -> bool:
    """Whether a run's layers are another one's now."""
    if old.run is None or new.run is None:
        return False
    return old.run.layers.is_taken_over_by(new.run.layers)
