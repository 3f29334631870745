"""Where the command line writes, and what it may write there."""

from __future__ import annotations

import io
import sys

from rich.console import Console

__all__ = ["err", "out", "printable", "say", "tolerant"]

out = Console(soft_wrap=True, highlight=False)
err = Console(soft_wrap=True, highlight=False, stderr=True)


def say(text: str, console: Console = out) -> None:
    """Write a line, whatever names are in it."""
    console.print(printable(text), markup=False)


def printable(text: str) -> str:
    """Escape what could steer a terminal: a file, and its name, may come from anybody."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def tolerant() -> None:
    """Let the terminal's code page show what it can, and the rest escaped: no run ends by it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
