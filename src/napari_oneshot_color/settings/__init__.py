"""All parameters of the method that a user can choose."""

from napari_oneshot_color.settings.field import Setting
from napari_oneshot_color.settings.fixed import WORKING_SIZES
from napari_oneshot_color.settings.presets import DEFAULT_PRESET, PRESETS
from napari_oneshot_color.settings.settings import (
    Settings,
    all_settings,
    problems,
    settings_or_default,
)

__all__ = [
    "DEFAULT_PRESET",
    "PRESETS",
    "WORKING_SIZES",
    "Setting",
    "Settings",
    "all_settings",
    "problems",
    "settings_or_default",
]
