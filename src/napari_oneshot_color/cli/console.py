"""The consoles of the command line, and safe printing to them."""

from __future__ import annotations

import io
import sys

from rich.console import Console

__all__ = ["err", "out", "printable", "say", "tolerant"]

out = Console(soft_wrap=True, highlight=False)
err = Console(soft_wrap=True, highlight=False, stderr=True)


def say(text: str, console: Console = out) -> None:
    """Print a line; control characters and markup in it have no effect."""
    console.print(printable(text), markup=False)


def printable(text: str) -> str:
    """Escape control characters: file names may come from untrusted sources."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def tolerant() -> None:
    """Escape characters that the terminal's encoding lacks, so that printing never fails."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
