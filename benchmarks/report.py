"""Measurements as Markdown, written between markers into a page of the docs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])


def machine() -> str:
    """Say where and when the measurements were made, in a line of Markdown."""
    capabilities = torch.cpu.get_capabilities()
    able = [name for name in ("avx2", "avx512_f", "avx512_bf16", "amx_bf16") if capabilities[name]]
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {capabilities['cpu_name']}, "
        f"{os.cpu_count()} cores ({', '.join(able)}), Python {platform.python_version()}, "
        f"torch {torch.__version__}."
    )


def write_block(name: str, text: str, page: Path = PAGE) -> None:
    """Replace what stands between a page's markers ``<!-- name -->`` and ``<!-- /name -->``.

    Raises
    ------
    ValueError
        If the page has no such markers.
    """
    content = page.read_text()
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = content.partition(start)
    _, also_found, after = rest.partition(end)
    if not (found and also_found):
        raise ValueError(f"{page} has no markers {start} … {end}")
    page.write_text(f"{before}{start}\n{text.strip()}\n{end}{after}")
