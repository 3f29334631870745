"""A form with every setting, made from `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_oneshot_color.plugin.forms.form_parts import rows
from napari_oneshot_color.plugin.forms.numbers import Number, WholeNumber
from napari_oneshot_color.plugin.forms.section import Section
from napari_oneshot_color.plugin.forms.words import (
    AUTOMATIC,
    group_in_words,
    help_in_words,
    label_of,
    offered,
)
from napari_oneshot_color.settings import PRESETS, Setting, Settings, all_settings, problems

__all__ = ["SettingsForm"]


class SettingsForm(QWidget):
    """Every setting but those shown elsewhere, under collapsible headings.

    Parameters
    ----------
    preset : str
        Where the values start from.
    elsewhere : tuple of str
        Names of settings that have their widget outside of this form.
    """

    changed = Signal()

    def __init__(self, preset: str, elsewhere: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._preset = preset
        self.fields: dict[str, Any] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        groups: dict[str, list[Any]] = {}
        for setting in all_settings():
            if setting.name in elsewhere:
                continue
            field = _field(setting)
            field.changed.connect(lambda _: self.changed.emit())
            self.fields[setting.name] = field
            groups.setdefault(group_in_words(setting.group), []).append(field)
        for title, fields in groups.items():
            layout.addWidget(Section(title, rows(*fields)))
        self.reset_button = QPushButton("Reset to preset")
        self.reset_button.setToolTip("Give every setting the value that it has in the preset.")
        self.reset_button.clicked.connect(lambda: self.set_preset(self._preset))
        layout.addWidget(self.reset_button)
        self.set_preset(preset)

    def set_preset(self, preset: str) -> None:
        """Fill in the values of a preset."""
        self._preset = preset
        self.set_values(Settings.preset(preset).to_dict())

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Fill in values; every field's is among them."""
        for name, field in self.fields.items():
            with field.changed.blocked():
                field.value = values[name]
        self.changed.emit()

    def is_preset(self) -> bool:
        """Whether no value differs from the preset."""
        return all(
            field.value == PRESETS[self._preset].get(name, _defaults[name])
            for name, field in self.fields.items()
        )

    def values(self) -> dict[str, Any]:
        """Return names and values as they stand, allowed or not."""
        return {name: field.value for name, field in self.fields.items()}

    def problem(self) -> str | None:
        """Say in a sentence what is wrong with the values, or None."""
        return problems(self.values())


_defaults = {setting.name: setting.default for setting in all_settings()}


def _field(setting: Setting) -> Any:
    default: Any = setting.default
    lowest: Any = setting.minimum
    highest: Any = setting.maximum
    options: dict[str, Any] = {
        "name": setting.name,
        "label": label_of(setting.name),
        "tooltip": help_in_words(setting),
    }
    if setting.choices:
        return ComboBox(choices=offered(setting), value=default, **options)
    if setting.type is bool:
        return CheckBox(value=default, **options)
    if setting.type is str:
        return LineEdit(value=default, **options)
    numbers = {"minimum": lowest, "maximum": highest, "value": default}
    word = AUTOMATIC.get(setting.name, "")
    if setting.type is int:
        return WholeNumber(**numbers, word=word, **options)
    return Number(**numbers, word=word, decimals=_decimals(setting), **options)


def _decimals(setting: Setting) -> int:
    """Count the decimals that a setting's default and limits need; three at least."""
    numbers = (setting.default, setting.minimum, setting.maximum)
    exponents = [Decimal(repr(number)).normalize().as_tuple().exponent for number in numbers]
    return max(3, *(-int(exponent) for exponent in exponents))
