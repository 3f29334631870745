"""Reads a hints layer whenever the user has changed it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from napari_oneshot_color.plugin.hints import reading
from napari_oneshot_color.plugin.hints.alone import HintsAlone
from napari_oneshot_color.plugin.layers.snapshot import is_in
from napari_oneshot_color.plugin.runs.history import Drawn
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.run import Run

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Labels, Points, Shapes

    from napari_oneshot_color.pair.hints import Hints

__all__ = ["HintsFollower", "Subject"]

_DELAY = 120  # ms after a stroke, in case the next one follows

Subject = Run | HintsAlone
"""The subject of hints: a finished run, or a grey image without an example."""


class HintsFollower(QObject):
    """Passes the hints on a layer to a run, or to a target without one.

    Parameters
    ----------
    layers : napari.components.LayerList
        The list with the layer, unless the user removes it.
    owner : QObject
        The widget that owns it.

    Attributes
    ----------
    soon : QTimer
        Active for a short time after a change, in case others follow.
    reading : Jobs
        The jobs that read the layer.
    """

    def __init__(self, layers: LayerList, owner: QObject) -> None:
        super().__init__(owner)  # otherwise it may be destroyed in any thread
        self._layers = layers
        self._subject: Subject | None = None
        self._layer: Labels | Points | Shapes | None = None
        self.reading = Jobs(owner, newest_only=True)  # owned by the widget
        self.soon = QTimer(self)
        self.soon.setSingleShot(True)
        self.soon.setInterval(_DELAY)
        self.soon.timeout.connect(self._follow)

    def take(self, subject: Subject | None, layer: Labels | Points | Shapes | None) -> None:
        """Listen only to this layer, for a subject; if it is removed, its hints stay."""
        self._subject = subject
        if layer is not None and subject is not None:
            subject.hints_layer = layer
            self.soon.start()  # it may have changed in the meantime
        if layer == self._layer:
            return
        if self._layer is not None:
            self._listen(self._layer, is_on=False)
        if layer is not None:
            self._listen(layer, is_on=True)
        self._layer = layer

    def forget(self) -> None:
        """Remove the hints, because the user has chosen no layer."""
        if self._subject is not None:
            self.reading.forget()
            self._subject.hints_layer = None
            self._subject.set_hints(None)

    def _listen(self, layer: Labels | Points | Shapes, *, is_on: bool) -> None:
        slots: dict[str, Any] = dict.fromkeys(reading.edits_of(layer), self._on_edit)
        if reading.is_labels(layer):
            slots["labels_update"] = self._on_brush
        for name, slot in slots.items():
            event = getattr(layer.events, name)
            if is_on:
                event.connect(slot)
            else:
                event.disconnect(slot)

    def _on_edit(self, event: object = None) -> None:
        self.soon.start()

    def _on_brush(self, event: object = None) -> None:
        """Wait for a stroke that began before the last one was read."""
        if self.soon.isActive():
            self.soon.start()

    def _follow(self) -> None:
        """Read the current hints and apply them, both in the background."""
        subject, layer = self._subject, self._layer
        if subject is None or subject.onto is None or layer is None:
            return
        if is_in(self._layers, layer):
            read = reading.noted(layer, subject.onto, subject.shape)
            drawn = None if reading.is_labels(layer) else reading.drawn_on(layer, None)
            self.reading.ask(
                partial(_read, read, subject, layer, drawn), partial(self._take_hints, subject)
            )

    def _take_hints(self, subject: Subject, found: tuple[Hints | None, Drawn]) -> None:
        if subject is self._subject:  # another run may have taken over its layers
            subject.set_hints(*found)


def _read(
    read: reading.Read, subject: Subject, layer: Any, drawn: Drawn | None
) -> tuple[Hints | None, Drawn]:
    """Read hints; if they are unchanged, return the same object as before."""
    hints, known = read(), subject.hints
    is_known = hints.is_like(known) if hints is not None else known is None
    before = subject.drawn
    if is_known and before is not None and before.layer == layer:
        return known, before
    return known if is_known else hints, drawn or reading.drawn_on(layer, hints)
