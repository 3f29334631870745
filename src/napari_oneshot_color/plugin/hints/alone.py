"""Colours a target from hints alone, without an example."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.layers.kinds import layer_name
from napari_oneshot_color.plugin.layers.snapshot import is_in, metadata
from napari_oneshot_color.plugin.layers.targets import as_target
from napari_oneshot_color.plugin.runs.history import Drawn, History, Undoable
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.run import Run

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.session import Session

__all__ = ["HintsAlone"]

_NOTE = "The colour was spread from the user's hints; it was neither learnt nor measured."


@dataclass(frozen=True, eq=False)
class _Moment:
    """The hints at one moment, with the content of their layer."""

    hints: Hints | None
    drawn: Drawn | None


class HintsAlone(Undoable[_Moment]):
    """Colours a target from hints alone, and updates it when they change.

    Parameters
    ----------
    layers : napari.components.LayerList
        The list to which the final layer is added.
    session : Session
        The session, which numbers the layers.
    onto : napari.layers.Image
        The target, a grey image.

    Attributes
    ----------
    onto : napari.layers.Image
        The target.
    hints_layer : Layer or None
        The layer with the user's hints.
    hints : Hints or None
        The hints on it.
    drawn : Drawn or None
        The content of the layer, for undo.
    following : Jobs
        The jobs that colour the target.
    """

    asked = Signal()
    """Emitted when the hints change; the final layer is updated later."""

    changed = Signal()
    """Emitted when the final layer was updated."""

    def __init__(self, layers: LayerList, session: Session, onto: Image) -> None:
        self._layers = layers
        self._session = session
        self._run: Run | None = None
        self.following = Jobs(newest_only=True)
        self.onto = onto
        self.hints_layer: Layer | None = None
        self.hints: Hints | None = None
        self.drawn: Drawn | None = None
        height, width = self.shape
        self.history: History[_Moment] = History(height * width)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target in px."""
        height, width = as_target(self.onto).data.shape
        return height, width

    @property
    def hints_name(self) -> str:
        """Name of the hints layer."""
        return layer_name("hints", self.onto.name)

    @property
    def is_colored(self) -> bool:
        """Whether the target was coloured and its layer was not removed."""
        return self._run is not None and self._run.layers.final is not None

    def set_hints(self, hints: Hints | None, drawn: Drawn | None = None) -> None:
        """Set the hints, and colour the target from them."""
        if hints is self.hints:
            self.drawn = drawn
            return
        self.history.keep(self.now)
        self.drawn = drawn
        self._take(hints)

    @property
    def is_corrected(self) -> bool:
        """Whether there are hints."""
        return self.hints is not None

    def start_over(self) -> None:
        """Remove all hints; their layer stays."""
        self.history.keep(self.now)
        self.hints_layer = self.drawn = None
        self._take(None)

    @property
    def now(self) -> _Moment:
        """The current hints, with the content of their layer."""
        return _Moment(self.hints, self.drawn)

    def return_to(self, moment: _Moment) -> None:
        """Return to the hints of another moment, and show them on their layer."""
        self.drawn = moment.drawn
        self.hints_layer = None if moment.drawn is None else moment.drawn.layer
        if moment.drawn is not None and is_in(self._layers, moment.drawn.layer):
            moment.drawn.put_back()
        self._take(moment.hints)

    def _take(self, hints: Hints | None) -> None:
        self.hints = hints
        target = as_target(self.onto)
        self.following.ask(partial(_colored, target, hints), partial(self._show, target))
        self.asked.emit()

    def _show(self, target: LayerImage, colored: tuple[np.ndarray, dict[str, Any]]) -> None:
        if not is_in(self._layers, self.onto):
            return
        image, provenance = colored
        run = self._run
        if run is None or not self.is_colored:
            run = Run(self._layers, target, {"final"}, self._session.number(target.name))
        run.layers.show("final", image, metadata(provenance))
        if run is not self._run:
            self._run = run
            self._session.add(run)
        self.changed.emit()


def _colored(target: LayerImage, hints: Hints | None) -> tuple[np.ndarray, dict[str, Any]]:
    from napari_oneshot_color.steering.hinting import colorize_from_hints
    from napari_oneshot_color.versions import installed_version

    grey = target.array()
    if hints is None:
        hints = Hints(np.zeros(grey.shape, np.int32), {})
    image = colorize_from_hints(grey, hints, target_limits=target.limits)
    provenance = {
        "note": _NOTE,
        "version": installed_version("napari-oneshot-color"),
        "target": {"name": target.name, "height": image.shape[0], "width": image.shape[1]},
        "hints": hints.record.to_dict(),
        "notes": list(target.notes),
    }
    return image, provenance
