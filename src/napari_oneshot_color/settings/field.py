"""The description of one setting, and the check of its values."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Setting", "Value", "described"]

Value = bool | int | float | str


@dataclass(frozen=True)
class Setting:
    """The description of one setting.

    Attributes
    ----------
    name, group, help : str
        The field's name, the heading it is listed under, and a sentence about it.
    default : bool, int, float or str
        Its value in preset ``paper``.
    minimum, maximum : float or None
        Inclusive limits of a number.
    choices : tuple of str
        The allowed words; empty if any word is allowed.
    """

    name: str
    group: str
    help: str
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def type(self) -> type[Value]:
        """The setting's Python type: ``bool``, ``int``, ``float`` or ``str``."""
        return type(self.default)

    @property
    def full_help(self) -> str:
        """The help, followed by the allowed values."""
        if self.choices:
            return f"{self.help} One of: {', '.join(self.choices)}."
        if self.minimum is not None:
            return f"{self.help} From {self._format(self.minimum)} to {self._format(self.maximum)}."
        return self.help

    def _format(self, limit: float | None) -> str:
        return f"{limit:g}" if self.type is float else f"{limit:,}"

    def problem(self, value: object) -> str | None:
        """Return a sentence that says what is wrong with `value`, or None if it is valid."""
        if self.type is float and type(value) is int:
            try:
                value = float(value)
            except OverflowError:
                value = math.inf
        if type(value) is not self.type:
            return f"'{self.name}' must be of type {self.type.__name__}, not {value!r}."
        if self.choices and value not in self.choices:
            return f"'{self.name}' must be one of {', '.join(self.choices)}, not {value!r}."
        if self.minimum is not None and self.maximum is not None:
            assert isinstance(value, int | float)
            if not self.minimum <= value <= self.maximum:  # also catches NaN
                limits = f"between {self._format(self.minimum)} and {self._format(self.maximum)}"
                return f"'{self.name}' must be {limits}, not {value!r}."
        return None


def described(
    default: Any,
    group: str,
    help: str,
    limits: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Make a dataclass field whose metadata describes a `Setting`."""
    lowest, highest = limits or (None, None)
    metadata = {
        "group": group,
        "help": help,
        "minimum": lowest,
        "maximum": highest,
        "choices": choices,
    }
    return dataclasses.field(default=default, metadata=metadata)
