"""The list of keys: slices of a stack that the user gives in colour, each as a layer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.elided import ElidedLabel
from napari_oneshot_color.plugin.forms.form_parts import (
    button,
    explain,
    if_alive,
    offer_anew,
    rows,
    shrinking,
    wrapped,
)
from napari_oneshot_color.plugin.forms.numbers import WholeNumber
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.layers.snapshot import is_in, snapshot
from napari_oneshot_color.plugin.layers.targets import as_target
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.stacks.key_layers import (
    KeyLayers,
    check_key,
    keys_problem,
    number_of,
    possible_keys,
    taking_problem_of,
)

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image, Layer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.forms.slice_in_view import SliceInView
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = ["KeyList"]

_TITLE = "Coloured slices"
_HELP = "Give some slices in colour, and the others take their colours from the nearest of them."
_NOTHING = "Open a slice in colour (RGB), or colour the slice in view alone and correct it."
_LAST = 999_999  # number of a slice, which the core may refuse


class KeyList(Section):
    """Lets the user give slices of the target in colour, and remembers those of every stack.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.
    view : SliceInView
        Says which slice is suggested.

    Attributes
    ----------
    layer : magicgui.widgets.ComboBox
        The layers in colour.
    number : WholeNumber
        The slice that the chosen one shall be.
    add_button : QPushButton
        Adds it, if the core takes it.
    help : QLabel
        What the list is for, or why there can be no keys.
    sentence : QLabel
        Why it does not, or what else is to be said.
    rows : dict
        The rows of the list, by the numbers of their slices.
    """

    changed = Signal()
    """A key was added or removed."""

    listed = Signal()
    """The list has new rows."""

    def __init__(self, viewer: napari.viewer.Viewer, view: SliceInView) -> None:
        super().__init__(_TITLE)
        self._layers = viewer.layers
        self._view = view
        self._target: Image | None = None
        self._colorizer: Colorizer | None = None
        self._keys = KeyLayers()
        self._jobs = Jobs(self, holds_viewer=False)
        self.rows: dict[int, KeyRow] = {}
        self.layer = ComboBox(label="Layer", choices=self._offered)
        self.layer.tooltip = "A slice of the stack in colour, of the same size. It is not changed."
        self.number = WholeNumber(label="As slice", minimum=0, maximum=_LAST, value=0)
        self.number.tooltip = "Which slice it shows, counted from 0; at first the one in view."
        self.add_button = button("Add", "Let the slices around it take their colours from it.")
        self.sentence = wrapped()
        self._lay_out()
        self.add_button.clicked.connect(self.add_chosen)
        self._view.changed.connect(self._follow_view)
        for field in (self.layer, self.number):
            field.changed.connect(self._on_chosen)

    @property
    def given(self) -> Mapping[int, Layer]:
        """The keys of the target: layers by the numbers of their slices, in order."""
        return self._keys.of(self._target)

    def taken(self) -> dict[int, LayerImage]:
        """Take what a run needs of the keys."""
        return {number: snapshot(layer) for number, layer in self.given.items()}

    def problem(self) -> str | None:
        """Return why the keys cannot be used as they are; their pixels are not looked at."""
        return keys_problem(self._target, self._colorizer, self.taken())

    def offer_for(self, target: Image | None, colorizer: Colorizer | None) -> None:
        """Show the keys of a target, and let the user add some if both can have any."""
        self._colorizer = colorizer
        gone = self._keys.forget_removed(self._layers, self._target)
        if target != self._target or gone:
            self._tell(gone)
        if target != self._target:
            self._target = target
            self._follow_view()
        offer_anew(self.layer)
        self._refresh()

    def add_chosen(self) -> None:
        """Check the chosen layer in the background, for its slice is read; then add it."""
        target, layer = self._target, self.layer.value
        if target is None or layer is None or self._colorizer is None:
            return
        number, names = int(self.number.value), {n: key.name for n, key in self.given.items()}
        image = snapshot(layer)
        check = partial(check_key, self._colorizer, as_target(target), number, image, names)
        self._jobs.ask(check, partial(self._on_checked, target, number, layer), self._on_refused)
        self._tell("")
        self._refresh()

    def remove(self, number: int) -> None:
        """Take a key from the list; its layer stays."""
        if self._target is not None and number in self.given:
            had_focus = self.rows[number].button.hasFocus()
            self._keys.take_back(self._target, number)
            self._tell("")
            self._refresh()
            if had_focus:
                self.add_button.setFocus()
            self.changed.emit()

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(4)
        self.help = wrapped(_HELP)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._choice = rows(self.layer)
        self._place = QWidget()
        row = QHBoxLayout(self._place)
        row.setContentsMargins(4, 0, 4, 0)
        named = QLabel(self.number.label)
        named.setToolTip(self.number.tooltip or "")
        named.setBuddy(self.number.native)
        self.number.native.setAccessibleName(self.number.label)
        row.addWidget(named)
        row.addWidget(self.number.native)
        row.addWidget(self.add_button, stretch=1)
        shrinking(self.layer.native)
        layout.addWidget(self.help)
        layout.addLayout(self._list)
        for widget in (self._choice, self._place, self.sentence):
            layout.addWidget(widget)
        for label in (self.help, self.sentence):
            label.setContentsMargins(4, 0, 4, 0)  # as the rows
        self._tell("")
        self.add(content)

    def _offered(self, widget: Any) -> list[Layer]:
        return possible_keys(self._layers, self._target)

    def _refresh(self) -> None:
        given, reason = self.given, taking_problem_of(self._target, self._colorizer)
        for number in [number for number in self.rows if number not in given]:
            row = self.rows.pop(number)
            row.hide()
            row.deleteLater()
        new = [number for number in given if number not in self.rows]
        for place, (number, layer) in enumerate(given.items()):
            if number in new:
                self.rows[number] = KeyRow(number)
                self.rows[number].button.clicked.connect(partial(self._on_remove, number))
            self._list.insertWidget(place, self.rows[number])
            self.rows[number].label.set_text(f"{number} · {layer.name}")
        self.rename(f"{_TITLE} ({len(given)})" if given else _TITLE)
        is_any = bool(self.layer.choices)
        self.help.setText(reason or (_HELP if is_any else f"{_HELP} {_NOTHING}"))
        for widget in (self._choice, self._place):
            widget.setVisible(reason is None and is_any)
        is_ready = self._colorizer is not None and self.layer.value is not None
        self.add_button.setEnabled(is_ready and not self._jobs.is_busy)
        if new:
            self.listed.emit()

    @if_alive
    def _follow_view(self) -> None:
        """Suggest the slice in view."""
        index = self._view.index(self._target)
        if index and self._target is not None:
            self.number.value = number_of(self._target, index)

    def _tell(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))

    @if_alive
    def _on_chosen(self, event: object = None) -> None:
        """Drop what was said about another choice."""
        self._tell("")
        self._refresh()

    def _on_remove(self, number: int, *_: object) -> None:
        self.remove(number)

    @if_alive
    def _on_checked(self, target: Image, number: int, layer: Layer, nothing: None) -> None:
        if is_in(self._layers, target) and is_in(self._layers, layer):
            self._keys.give(target, number, layer)
        self._refresh()
        self.changed.emit()

    @if_alive
    def _on_refused(self, error: Exception) -> None:
        self._tell(str(error))
        self._refresh()


class KeyRow(QWidget):
    """A key's slice and name, and a button that takes it from the list.

    Parameters
    ----------
    number : int
        The slice's.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.label = ElidedLabel()
        self.button = button("Remove", "Take this slice from the list. Its layer stays.")
        self.button.setAccessibleName(f"Remove slice {number}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self.label, stretch=1)
        layout.addWidget(self.button)
        explain(self)
