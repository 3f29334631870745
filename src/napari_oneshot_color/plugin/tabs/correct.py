"""The tab "Correct": other colours where they are wrong, by pointing at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import (
    button,
    follow_names,
    if_alive,
    line,
    offer_anew,
    rows,
    shrinking,
    wheel_with_focus,
)
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.forms.tone_question import ToneQuestion
from napari_oneshot_color.plugin.forms.work_sign import WorkSign
from napari_oneshot_color.plugin.hints import reading
from napari_oneshot_color.plugin.hints.adding import AddHints, add_hints_layer, raise_layer
from napari_oneshot_color.plugin.hints.alone import HintsAlone
from napari_oneshot_color.plugin.hints.colors import HintColors
from napari_oneshot_color.plugin.hints.following import HintsFollower, Subject
from napari_oneshot_color.plugin.layers.snapshot import is_own, is_single
from napari_oneshot_color.plugin.layers.tones import TONES
from napari_oneshot_color.plugin.regions.colors import RegionColors
from napari_oneshot_color.plugin.runs.run import Run
from napari_oneshot_color.plugin.runs.session import Session
from napari_oneshot_color.plugin.runs.warming import import_soon

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Labels, Layer, Points, Shapes

    from napari_oneshot_color.types import Color

__all__ = ["CorrectTab"]

_NOTHING = "There is nothing to correct yet. Colour an image, or add a grey one to paint on."


class CorrectTab(QWidget):
    """Paint the right colours, or give whole regions other ones; the final layer follows at once.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose runs and layers are offered.
    """

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._session = Session.of(viewer)
        self._alone: list[HintsAlone] = []
        self._subject: Subject | None = None
        self._newest: Run | None = None
        self.follower = HintsFollower(viewer.layers, self)

        self.image = ComboBox(label="Image", choices=self._subjects)
        self.image.tooltip = "A result, or a grey image to colour by hand alone."
        self.hints = ComboBox(label="Hints", choices=self._hint_layers, nullable=True)
        self.hints.tooltip = (
            "The layer with your colours: Labels of the image's size, or Points or Shapes, each in "
            "a colour of its own."
        )
        for box in (self.image, self.hints):
            shrinking(box.native)
        self.tone_question = ToneQuestion()
        self.sentence = QLabel(_NOTHING)
        self.sentence.setWordWrap(True)
        self.colors = HintColors(viewer)
        self.regions = RegionColors(viewer)
        self.undo = button("Undo", "Take back the last correction: a stroke, a region, or fading.")
        self.redo = button("Redo", "Do again what was taken back.")
        self.start_over = button(
            "Start over", "Take back all corrections at once; Undo brings them back."
        )
        self.work = WorkSign("The colours follow…")
        self.add_hints = AddHints()
        self._lay_out()
        self._connect()
        wheel_with_focus(self)
        self.reset_choices()
        import_soon()

    @if_alive
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

    def take_run(self, run: Run) -> None:
        """Choose a run."""
        if run in self.image.choices:
            self.image.value = run

    def add_layer(self, kind: str = "Labels", color: Color | None = None) -> None:
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
            **({} if color is None else {"color": color}),
        )
        self.reset_choices()
        self.hints.value = layer
        if subject.hints is None:
            subject.set_hints(None, reading.drawn_on(layer, None))

    def paint(self, color: Color) -> None:
        """Set the brush to a colour, sRGB in [0, 1], on a layer of hints on top."""
        if self.hints.value is None:
            self.add_layer(color=color)
        else:
            raise_layer(self._viewer.layers, self.hints.value)
        self.colors.add_color(color)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(rows(self.image))
        for widget in (
            self.tone_question,
            self.sentence,
            self.colors,
            line(),
            self.regions,
            line(),
        ):
            layout.addWidget(widget)
        row = QHBoxLayout()
        for one in (self.undo, self.redo, self.start_over):
            row.addWidget(one)
        layout.addLayout(row)
        layout.addWidget(self.work)
        more = Section("More", rows(self.hints))
        more.add(self.add_hints)
        layout.addWidget(more)
        layout.addStretch()

    def _connect(self) -> None:
        self.image.changed.connect(self._turn)
        self.hints.changed.connect(self._on_chosen)
        self.colors.picked.connect(self.paint)
        self.add_hints.wanted.connect(self.add_layer)
        self.undo.clicked.connect(self._undo)
        self.redo.clicked.connect(self._redo)
        self.start_over.clicked.connect(self._start_over)
        self.tone_question.accepted.connect(self._take_print)
        TONES.found.connect(self.reset_choices)
        self._session.changed.connect(self.reset_choices)
        follow_names(self._viewer.layers, self)

    def _subjects(self, widget: Any) -> list[tuple[str, Subject]]:
        """List what can be corrected: finished runs, and grey images without an example."""
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
            *((f"{alone.onto.name}, by hand alone", alone) for alone in self._alone),
        ]

    def _take_print(self, layer: Layer) -> None:
        """Choose a toned print as what is coloured by hand."""
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
        """Find the run to choose next: one that took over the chosen run's layers, or a new one."""
        runs = [run for run in self._session.runs if run.layers.final is not None]
        newest = runs[-1] if runs else None
        is_new, self._newest = newest is not self._newest, newest
        if isinstance(self._subject, Run):
            onto = self._subject.onto
            heirs = [run for run in runs if onto is not None and run.layers.final == onto]
            return heirs[-1] if heirs else None
        return newest if is_new and self.hints.value is None else None

    def _turn(self, event: object = None) -> None:
        """Show the chosen image, and the hints that the user has for it."""
        subject: Subject | None = self.image.value
        if subject is not self._subject:
            self.colors.put_away()
            self._listen_to(subject)
            self._choose_hints()
        else:
            offer_anew(self.hints)
            self._take_layer(self.hints.value)
        self.regions.set_run(subject if isinstance(subject, Run) else None)

    def _listen_to(self, subject: Subject | None) -> None:
        for one, is_on in ((self._subject, False), (subject, True)):
            if one is not None:
                for signal in (one.asked, one.changed):
                    if is_on:
                        signal.connect(self._refresh)
                    else:
                        signal.disconnect(self._refresh)
        self._subject = subject
        following = [] if subject is None else [subject.following]
        self.work.watch([self.follower.reading, *following])

    def _choose_hints(self) -> None:
        """Choose the layer that the image's hints are on."""
        wanted = None if self._subject is None else self._subject.hints_layer
        with self.hints.changed.blocked():
            self.hints.reset_choices()
            self.hints.value = wanted if wanted in self.hints.choices else None
        self._take_layer(self.hints.value)

    def _on_chosen(self, layer: Labels | Points | Shapes | None) -> None:
        """Follow the user's choice; without a layer there are no hints."""
        self._take_layer(layer)
        if layer is None:
            self.follower.forget()

    def _take_layer(self, layer: Labels | Points | Shapes | None) -> None:
        self.follower.take(self._subject, layer)
        self.colors.set_layer(layer)
        self._refresh()

    def _undo(self) -> None:
        self._go("undo")

    def _redo(self) -> None:
        self._go("redo")

    def _start_over(self) -> None:
        layer = self.hints.value
        self._go("start_over")
        if layer is not None:
            layer.visible = False  # what is on it no longer counts

    def _go(self, where: str) -> None:
        """Go to another state, and to the layer of hints that belongs to it."""
        if self._subject is None:
            return
        self.follower.reading.forget()  # what is being read belongs to the state that is left
        getattr(self._subject, where)()
        self._choose_hints()
        if self.hints.value is not None:
            self.hints.value.visible = True

    @if_alive
    def _refresh(self) -> None:
        subject = self._subject
        self.sentence.setVisible(subject is None)
        self.colors.setEnabled(subject is not None)
        self.regions.setVisible(isinstance(subject, Run))
        self.add_hints.setEnabled(subject is not None)
        self.undo.setEnabled(subject is not None and subject.can_undo)
        self.redo.setEnabled(subject is not None and subject.can_redo)
        self.start_over.setEnabled(subject is not None and subject.is_corrected)
