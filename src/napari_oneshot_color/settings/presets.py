"""The presets: what each one changes in the defaults of `Settings`."""

from __future__ import annotations

__all__ = ["DEFAULT_PRESET", "PRESETS"]

DEFAULT_PRESET = "best"

_SOURCE_ONLY: dict[str, bool | int | float | str] = {
    "working_size": 0,
    "epochs": 12,
    "patches_per_epoch": 240,
    "batch_size": 4,
    "learning_rate": 0.002,
    "rate_decay": 1.0,
    "beta1": 0.9,
    "beta2": 0.99,
    "network": "chroma",
    "tile_size": 256,
    "base_width": 24,
    "rotation": 10.0,
    "warp": 0.05,
    "brightness": 0.0,
    "contrast": 0.0,
    "lattice_stride": 128,
    "generated_tiles": 1,
    "tile_batch": 4,
    "neighbour_weight": 0.25,
    "correspondence": True,
    "smoothing": "guided",
    "use_regions": False,
    "steadied_slices": 4,
}
_DESCRIBED = _SOURCE_ONLY | {"descriptor": "efficientnet-lite0"}

PRESETS: dict[str, dict[str, bool | int | float | str]] = {
    "best": _DESCRIBED | {"patches_per_epoch": 100, "neighbour_weight": 0.5, "caution": 0.5},
    "instant": _DESCRIBED | {"network": "none", "neighbour_weight": 0.0},
    "source-only": _SOURCE_ONLY,
    "paper": {},
    "quick": {
        "epochs": 8,
        "patches_per_epoch": 512,
        "batch_size": 32,
        "rate_decay": 0.5,
        "generated_tiles": 1_024,
    },
}
"""The settings that each preset changes, by name.

``best`` has the best colours that twenty seconds on two CPU cores allow, ``instant`` uses nearest
neighbours alone, and ``source-only`` is the best without a descriptor. ``paper`` has the published
numbers, and ``quick`` trains the published networks on a shorter schedule.
"""
