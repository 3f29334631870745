"""The form of the tab "Colorize": which layers, which settings, which layers to add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from magicgui.widgets import CheckBox, ComboBox
from qtpy.QtCore import QTimer, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.device_box import DeviceBox
from napari_oneshot_color.plugin.forms.form_parts import (
    follow_names,
    if_alive,
    offer_anew,
    rows,
    shrinking,
)
from napari_oneshot_color.plugin.forms.form_state import fill_in, noted
from napari_oneshot_color.plugin.forms.layer_boxes import LayerBoxes
from napari_oneshot_color.plugin.forms.matches import LayerMatches
from napari_oneshot_color.plugin.forms.more_sources import MoreSources
from napari_oneshot_color.plugin.forms.numbers import WholeNumber
from napari_oneshot_color.plugin.forms.pair_match import PairMatch
from napari_oneshot_color.plugin.forms.preset_choice import PLAIN, PresetChoice
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.forms.selected_pair import selected_pair
from napari_oneshot_color.plugin.forms.settings_form import SettingsForm
from napari_oneshot_color.plugin.forms.slice_in_view import SliceInView
from napari_oneshot_color.plugin.forms.start import Start
from napari_oneshot_color.plugin.forms.tone_question import ToneQuestion
from napari_oneshot_color.plugin.layers.inputs import Inputs, pixel_count
from napari_oneshot_color.plugin.layers.kinds import LAYERS
from napari_oneshot_color.plugin.layers.snapshot import is_color, is_own, is_truth, snapshot
from napari_oneshot_color.plugin.layers.targets import is_stack
from napari_oneshot_color.plugin.layers.tones import TONES
from napari_oneshot_color.plugin.runs.differences import PRESET_NAMES
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, Settings

if TYPE_CHECKING:
    import napari.viewer
    from napari.layers import Image, Layer

    from napari_oneshot_color.plugin.runs.durations import Durations

__all__ = ["ColorizeForm"]

_SAMPLE = "napari-oneshot-color", "motorcycle"
_PRESETS = [(PRESET_NAMES[preset], preset) for preset in PRESETS]
_MARK_DELAY = 600  # ms
_A_SLICE = "Colours the slice in view; the whole stack can follow."


class ColorizeForm(QWidget):
    """Choose sources, a target, settings and the layers to add.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        Whose layers are offered.

    Attributes
    ----------
    losses : Section
        An empty section for the curves.
    """

    settled = Signal()
    """The form or the layers changed, and the viewer is at rest again."""

    edited = Signal()
    """The user changed a field of the form."""

    def __init__(self, viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.settings = SettingsForm(DEFAULT_PRESET, elsewhere=("device", "seed"))
        self.own_layers = CheckBox(text="Offer results of earlier runs, too", value=False)
        self.own_layers.tooltip = "As sources and targets. Otherwise only your layers are offered."
        self.source = ComboBox(label="Source", choices=self._choices(TONES.is_source))
        self.source.tooltip = "The image in colour that the colours are learnt from."
        self.target = ComboBox(label="Target", choices=self._choices(self._is_target))
        self.target.tooltip = "The grey image or stack to colour. It is never changed."
        self.view = SliceInView(viewer, lambda: self.target.value, self)
        self.tone_question = ToneQuestion()
        self.matches = LayerMatches(self.view, self)
        self.more_sources = MoreSources(self.matches)
        self.preset = ComboBox(label="Preset", choices=_PRESETS, value=DEFAULT_PRESET)
        self.preset.tooltip = "Where the settings start from: the three above, or two more."
        self.preset_choice = PresetChoice()
        self.match = PairMatch(self.matches)
        self.start = Start()
        self.device = DeviceBox(self)
        self.seed = WholeNumber(label="Seed", minimum=0, maximum=2**31 - 1, value=0)
        self.seed.tooltip = "The same seed repeats a run: exactly, on a CPU with as many threads."
        self.update_layers = CheckBox(text="Update the last run's layers", value=False)
        self.update_layers.tooltip = "Otherwise each run adds layers of its own."
        self._layer_boxes = LayerBoxes(LAYERS, self.update_layers)
        self.layers = self._layer_boxes.boxes
        self.losses, self.more = Section("Training curves"), Section("More")
        self._lay_out()
        self._connect()

    @property
    def sources(self) -> list[Image]:
        """The chosen sources, the main one first; none if there is none to choose."""
        return [layer for layer, _ in self.more_sources.chosen()]

    @property
    def wanted_layers(self) -> set[str]:
        """Kinds of layers that a run shall add."""
        return self._layer_boxes.wanted

    @if_alive
    def reset_choices(self, event: object = None) -> None:
        """Follow the viewer's layers; napari calls this when they change."""
        offer_anew(self.source)
        offer_anew(self.target)
        self._offer_more()
        self.start.setVisible(self.source.value is None or self.target.value is None)
        self._ask_about_tones()
        self._settle()

    def state(self) -> dict[str, Any]:
        """Note how the form is filled in, for `restore`."""
        return noted(self)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Fill the form in as another one was, if there was one."""
        if state:
            fill_in(self, state)

    def values(self) -> dict[str, Any]:
        """Read all settings, wherever in the form they are."""
        own = {"device": self.device.value, "seed": self.seed.value}
        return {**self.settings.values(), **own}

    def inputs(self, settings: Settings) -> Inputs:
        """Read from the chosen layers what a run needs."""
        smallest = settings.largest_working_size
        chosen = self.more_sources.chosen()
        weights = tuple(weight for _, weight in chosen) if len(chosen) > 1 else (1.0,)
        return Inputs(
            tuple(snapshot(source, smallest) for source, _ in chosen),
            weights,
            self.view.take(self.target.value),
        )

    def show_times(self, durations: Durations) -> None:
        """Show how long each preset takes for the chosen target."""
        pixels, device = pixel_count(self.target.value), self.device.value
        presets = {} if pixels is None else PLAIN
        settings = {preset: Settings.preset(preset, device=device) for preset in presets}
        self.preset_choice.show_times(
            {preset: durations.of(asked, pixels or 0) for preset, asked in settings.items()}
        )

    def described(self, settings: Settings, durations: Durations) -> str:
        """Describe the run to come, where the form does not show it."""
        pixels = pixel_count(self.target.value)
        sentences = [_A_SLICE] if is_stack(self.target.value) else []
        if not self.settings.is_preset() or self.preset.value not in PLAIN:
            changed = "" if self.settings.is_preset() else ", with other settings"
            time = "" if pixels is None else f": {durations.of(settings, pixels).words} here"
            sentences.append(f"Preset '{PRESET_NAMES[self.preset.value]}'{changed}{time}.")
        if len(self.sources) > 1:
            sentences.append(f"It learns from {len(self.sources)} sources.")
        return " ".join(sentences)

    def _lay_out(self) -> None:
        for box in (self.source, self.target, self.device.widget):
            shrinking(box.native)
        sources = Section("More sources", self.more_sources)
        sources.add(self.own_layers.native)
        for widget in (
            rows(self.preset, self.device.widget, self.seed),
            sources,
            Section("Layers to add", self._layer_boxes.widget.native),
            Section("All settings", self.settings),
            self.losses,
        ):
            self.more.add(widget)
        layout = QVBoxLayout(self)
        layout.setSpacing(6)
        for widget in (
            self.start,
            rows(self.source, self.target),
            self.tone_question,
            self.match,
            self.preset_choice,
            self.more,
        ):
            layout.addWidget(widget)
        layout.addStretch()

    def _connect(self) -> None:
        self._at_rest = QTimer(self)
        self._at_rest.setSingleShot(True)
        self._at_rest.timeout.connect(self.settled)
        self._mark_soon = QTimer(self)  # meanwhile its imports are done
        self._mark_soon.setSingleShot(True)
        self._mark_soon.setInterval(_MARK_DELAY)
        self._mark_soon.timeout.connect(self.more_sources.compare)
        for field in (self.source, self.target, self.seed, self.device.widget):
            field.changed.connect(self._settle)
        self.source.changed.connect(self._offer_more)
        self.target.changed.connect(self._offer_more)
        self.source.changed.connect(self._ask_about_tones)
        self.tone_question.accepted.connect(self._take_print)
        self.view.changed.connect(self._offer_more)
        self.view.changed.connect(self._settle)
        TONES.found.connect(self.reset_choices)
        self.more_sources.changed.connect(self._settle)
        self.more_sources.suggested.connect(self._take_source)
        self.own_layers.changed.connect(self.reset_choices)
        self.preset.changed.connect(self._take_preset)
        self.preset_choice.chosen.connect(partial(setattr, self.preset, "value"))
        self.preset_choice.show_chosen(self.preset.value)
        self.start.sample_wanted.connect(self._open_sample)
        self.settings.changed.connect(self.reset_choices)
        fields: list[Any] = [self.source, self.target, self.preset, self.device.widget, self.seed]
        for each in [*fields, *self.layers.values(), self.update_layers, self.own_layers]:
            each.changed.connect(self._tell)
        self.settings.changed.connect(self.edited)
        self._viewer.layers.selection.events.changed.connect(self._take_selection)
        follow_names(self._viewer.layers, self)

    def _take_preset(self, preset: str) -> None:
        self.settings.set_preset(preset)
        self.preset_choice.show_chosen(preset)
        self._settle()

    def _open_sample(self) -> None:
        self._viewer.open_sample(*_SAMPLE)

    def _tell(self, event: object = None) -> None:
        self.edited.emit()

    @if_alive
    def _settle(self, event: object = None) -> None:
        """Wait until the viewer is at rest: loading a sample changes the layers many times."""
        self._at_rest.start()

    def _offer_more(self, event: object = None) -> None:
        """Offer the other colour images as further sources, except those that runs have made."""
        main = self.source.value
        offered = [
            layer
            for layer in self._viewer.layers
            if layer == main
            or (TONES.is_source(layer) and self._is_offered(layer) and layer != self.target.value)
        ]
        target = None if main == self.target.value else self.target.value
        self.more_sources.offer(offered, main, target)
        self._mark_soon.start()
        self.match.set_source(None if target is None else main)

    def _take_source(self, layer: Layer) -> None:
        self.source.value = layer

    def _choices(self, fits: Callable[[Any], bool]) -> Callable[[Any], list[Any]]:
        return lambda widget: [
            layer for layer in self._viewer.layers if fits(layer) and self._is_offered(layer)
        ]

    def _is_offered(self, layer: Layer) -> bool:
        """Leave out the layers of runs, unless the user wants them, and always the truth."""
        return not is_truth(layer) and (not is_own(layer) or self.own_layers.value)

    def _is_target(self, layer: Layer) -> bool:
        takes_color = self.settings.values()["target_luminance"]
        return TONES.is_target(layer) or (takes_color and is_color(layer))

    def _ask_about_tones(self, event: object = None) -> None:
        """Ask about toned prints, except one that is the only source."""
        self.tone_question.ask_about(
            layer
            for layer in self._viewer.layers
            if self._is_offered(layer) and any(source != layer for source in self.source.choices)
        )

    def _take_print(self, layer: Layer) -> None:
        """Choose a toned print as the target, and another layer as the source."""
        if self.source.value == layer:
            self.source.value = next(one for one in self.source.choices if one != layer)
        self.target.value = layer

    def _take_selection(self, event: object = None) -> None:
        """Fill in what the user selected in the list: one grey layer, and one or more in colour."""
        pair = selected_pair(self._viewer.layers, self._is_offered)
        if pair is not None:
            colors, gray = pair
            if self.source.value not in colors:
                self.source.value = colors[0]
            self.target.value = gray
            self.more_sources.choose(colors)
