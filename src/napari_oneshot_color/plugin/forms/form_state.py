"""How the form of "Colorize" is filled in, to be kept while it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import ref

__all__ = ["fill_in", "noted"]


def noted(form: Any) -> dict[str, Any]:
    """Note how a form is filled in."""
    return {
        "preset": form.preset.value,
        "values": form.values(),
        "layers": {kind: box.value for kind, box in form.layers.items()},
        "update_layers": form.update_layers.value,
        "own_layers": form.own_layers.value,
        "chosen": [
            None if box.value is None else ref(getattr(box.value, "__wrapped__", box.value))
            for box in (form.source, form.target)
        ],
    }


def fill_in(form: Any, state: Mapping[str, Any]) -> None:
    """Fill a form in as another one was."""
    form.preset.value = state["preset"]
    values = dict(state["values"])
    form.device.value, form.seed.value = values.pop("device"), values.pop("seed")
    form.settings.set_values(values)
    for kind, is_on in state["layers"].items():
        form.layers[kind].value = is_on
    form.update_layers.value = state["update_layers"]
    form.own_layers.value = state["own_layers"]
    for box, chosen in zip((form.source, form.target), state["chosen"], strict=True):
        layer = None if chosen is None else chosen()
        if layer in box.choices:
            box.value = layer
