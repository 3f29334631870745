"""Where the command line writes, and what it may write there."""

from __future__ import annotations

from rich.console import Console

__all__ = ["err", "out", "printable"]

out = Console(soft_wrap=True, highlight=False)
err = Console(soft_wrap=True, highlight=False, stderr=True)


def printable(text: str) -> str:
    """Replace what could steer a terminal: a file may come from anybody."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
