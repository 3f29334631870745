"""The widget "Hints and trust": put colours where they are wrong, fade those not to be believed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.plugin.forms.form_parts import (
    follow_names,
    offer_anew,
    rows,
    shrinking,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.forms.tone_question import ToneQuestion
from napari_oneshot_color.plugin.hints import reading
from napari_oneshot_color.plugin.hints.adding import AddHints, add_hints_layer
from napari_oneshot_color.plugin.hints.alone import HintsAlone
from napari_oneshot_color.plugin.hints.colors import HintColors
from napari_oneshot_color.plugin.hints.trust import TrustSlider
from napari_oneshot_color.plugin.layers.snapshot import is_in, is_own, is_single
from napari_oneshot_color.plugin.layers.tones import TONES
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.warming import import_soon

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels, Layer, Points, Shapes

    from napari_oneshot_color.pair.hints import Hints

__all__ = ["HintsWidget"]

_DELAY = 120  # ms after a stroke, in which the next one may begin


class HintsWidget(QWidget):
    """Paint the right colours on a result, or on a grey image; the final layer follows at once.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose runs and layers are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._alone: list[HintsAlone] = []
        self._subject: Run | HintsAlone | None = None
        self._newest: Run | None = None
        self._layer: Labels | Points | Shapes | None = None
        self._reading = Jobs(self, newest_only=True)
        self._to_color: HintsAlone | None = None

        self.image = ComboBox(label="image", choices=self._subjects)
        self.image.tooltip = "A finished run, or a grey image that is coloured without an example."
        self.hints = ComboBox(label="hints", choices=self._hint_layers, nullable=True)
        self.hints.tooltip = (
            "A Labels layer of the target's size, or a layer of Points or Shapes, each of its own "
            "colour and size."
        )
        for box in (self.image, self.hints):
            shrinking(box.native)
        self.tone_question = ToneQuestion()
        self.add_hints = AddHints()
        self.add_layer_button = self.add_hints.button
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.colors = HintColors(viewer)
        self.alone = QPushButton("Colour from hints alone")
        self.alone.setToolTip(
            "The hints' colours fill the image along smooth grey. Nothing is learnt from an "
            "example: what you do not paint is a guess from what you do."
        )
        self.trust = TrustSlider()
        layout = QVBoxLayout(self)
        layout.addWidget(rows(self.image, self.hints))
        layout.addWidget(self.tone_question)
        for widget in (self.add_hints, self.sentence, self.colors, self.alone, self.trust):
            layout.addWidget(widget)
        layout.addStretch()

        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_DELAY)
        self._soon.timeout.connect(self._follow)
        self.image.changed.connect(self._turn)
        self.hints.changed.connect(self._on_chosen)
        self._session.changed.connect(self.reset_choices)
        TONES.found.connect(self.reset_choices)
        self.tone_question.accepted.connect(self._take_print)
        follow_names(viewer.layers, self)
        self.add_hints.wanted.connect(self.add_layer)
        self.alone.clicked.connect(self.color_from_hints_alone)
        wheel_with_focus(self)
        self.reset_choices()
        import_soon()

    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        heir = self._heir()
        offer_anew(self.image)
        if heir is not None:
            with self.image.changed.blocked():
                self.image.value = heir
        self._turn()
        self.tone_question.ask_about(
            layer for layer in self._viewer.layers if is_single(layer) and not is_own(layer)
        )

    def add_layer(self, kind: str = "Labels") -> None:
        """Add a layer of a kind to put hints on; painted ones whose layer was removed come back."""
        subject = self._subject
        if subject is None or subject.onto is None:
            return
        layer = add_hints_layer(
            self._viewer.layers,
            subject.hints_name,
            subject.onto,
            subject.shape,
            subject.hints,
            kind,
        )
        self.reset_choices()
        self.hints.value = layer

    def color_from_hints_alone(self) -> None:
        """Colour the chosen grey image from its hints, without an example."""
        if isinstance(self._subject, HintsAlone):
            self._to_color = self._subject
            self._follow()

    def _subjects(self, widget: Any) -> list[tuple[str, Run | HintsAlone]]:
        """List what can be hinted: finished runs, and grey images without an example."""
        runs = [run for run in self._session.runs if run.layers.final is not None]
        greys = [
            layer
            for layer in self._viewer.layers
            if TONES.is_target(layer) and is_single(layer) and not is_own(layer)
        ]
        known = [alone for alone in self._alone if alone.onto in greys]
        new = [layer for layer in greys if layer not in [alone.onto for alone in known]]
        self._alone = known + [
            HintsAlone(self._viewer.layers, self._session, layer) for layer in new
        ]
        return [
            *((run.layers.final.name, run) for run in runs if run.layers.final is not None),
            *((f"{alone.onto.name}, hints alone", alone) for alone in self._alone),
        ]

    def _take_print(self, layer: Layer) -> None:
        """Choose a toned print as what is hinted."""
        self.image.value = next(alone for alone in self._alone if alone.onto == layer)

    def _hint_layers(self, widget: Any) -> list[tuple[str, Layer]]:
        if self._subject is None or self._subject.onto is None:
            return []
        shape = self._subject.shape
        return [
            (layer.name, layer)
            for layer in self._viewer.layers
            if reading.is_points(layer)
            or reading.is_shapes(layer)
            or (reading.is_labels(layer) and tuple(layer.data.shape) == shape)
            if not is_own(layer)
        ]

    def _heir(self) -> Run | None:
        """Find a run to turn to: one that took over the chosen one's layers, or a new one."""
        runs = [run for run in self._session.runs if run.layers.final is not None]
        newest = runs[-1] if runs else None
        is_new, self._newest = newest is not self._newest, newest
        if isinstance(self._subject, Run):
            onto = self._subject.onto
            heirs = [run for run in runs if onto is not None and run.layers.final == onto]
            return heirs[-1] if heirs else None
        return newest if is_new and self._layer is None else None

    def _turn(self, event: object = None) -> None:
        """Turn to the chosen image, and to the hints that the user has for it."""
        subject: Run | HintsAlone | None = self.image.value
        if subject is not self._subject:
            self._subject = subject
            wanted = None if subject is None else subject.hints_layer
            with self.hints.changed.blocked():
                self.hints.reset_choices()
                self.hints.value = wanted if wanted in self.hints.choices else None
        else:
            offer_anew(self.hints)
        self._take_layer(self.hints.value)
        self.trust.set_run(subject if isinstance(subject, Run) else None)

    def _on_chosen(self, layer: Labels | Points | Shapes | None) -> None:
        """Follow the user's choice: without a layer there are no hints any more."""
        self._take_layer(layer)
        if layer is None and self._subject is not None:
            self._reading.forget()
            self._subject.hints_layer = None
            self._subject.set_hints(None)

    def _take_layer(self, layer: Labels | Points | Shapes | None) -> None:
        """Listen to the hints' layer, and to no others; one that is removed leaves its hints."""
        if layer is not None and self._subject is not None:
            self._subject.hints_layer = layer
            self._soon.start()  # it may have changed while nobody followed
        if layer != self._layer:
            if self._layer is not None:
                self._listen(self._layer, is_on=False)
            if layer is not None:
                self._listen(layer, is_on=True)
            self._layer = layer
            self.colors.set_layer(layer)
        self._refresh()

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
        self._soon.start()

    def _on_brush(self, event: object = None) -> None:
        """Let a stroke end that began before the last one was followed."""
        if self._soon.isActive():
            self._soon.start()

    def _follow(self) -> None:
        """Read the hints as they are now, and apply them, both in the background."""
        subject, layer = self._subject, self._layer
        if subject is None or subject.onto is None or layer is None:
            return
        if is_in(self._viewer.layers, layer):
            read = reading.noted(layer, subject.onto, subject.shape)
            self._reading.ask(partial(_read, read, subject), partial(self._take_hints, subject))

    def _take_hints(self, subject: Run | HintsAlone, hints: Hints | None) -> None:
        if subject is not self._subject:
            return  # another run may have taken its layers over
        subject.set_hints(hints)
        to_color, self._to_color = self._to_color, None
        if to_color is not subject:
            return
        if hints is None:
            notices.notify_error(BadPairError("There are no hints yet. Put some on first."))
            return
        to_color.color()

    def _refresh(self) -> None:
        is_alone = isinstance(self._subject, HintsAlone)
        self.add_hints.setEnabled(self._subject is not None)
        self.alone.setVisible(is_alone)
        self.alone.setEnabled(is_alone and self._layer is not None)
        if self._subject is None:
            sentence = "Run 'Colorize from example' first, or add a grey image to colour by hand."
        elif self._layer is None:
            sentence = "Add a hints layer, and paint the right colours where there are wrong ones."
        else:
            sentence = ""
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))


def _read(read: reading.Read, subject: Run | HintsAlone) -> Hints | None:
    """Read hints; those that say what is known already are the known ones."""
    hints = read()
    return subject.hints if hints is not None and hints.is_like(subject.hints) else hints
