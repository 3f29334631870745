"""Pictures of the measurements: quality against seconds, and all pairs side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from matplotlib.figure import Figure
from skimage.io import imread

from benchmarks.measure import picture
from benchmarks.pairs import public_pairs
from benchmarks.report import PAGE

IMAGES = PAGE.parent / "images"
_SHOWN = (
    "dense kNN",
    "preset quick",
    "preset paper",
    "preset source-only",
    "preset instant",
    "preset best",
)


def chart(measurements: Sequence[dict[str, Any]]) -> None:
    """Draw the mean ΔE2000 of every row against its median seconds, as ``quality.png``."""
    rows = defaultdict(list)
    for measurement in measurements:
        rows[measurement["row"]].append(measurement)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for row, found in rows.items():
        seconds = max(median(m["seconds"] for m in found), 0.001)
        error = fmean(m["delta_e_mean"] for m in found)
        ours = row.startswith("preset")
        axes.plot(seconds, error, "o", color="#d62728" if ours else "#1f77b4", ms=7)
        axes.annotate(row, (seconds, error), (7, 4), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 6)  # room for the last label
    axes.set_xlabel("seconds (median)")
    axes.set_ylabel("mean ΔE2000 (lower is better)")
    axes.grid(alpha=0.3)
    figure.savefig(IMAGES / "quality.png", dpi=110)


def contact_sheet(names: Sequence[str]) -> None:
    """Lay out every pair: source, target, what each row made of it, truth, as ``pairs.jpg``.

    Rows of which there is no picture here are left out: those of an earlier measurement.
    """
    pairs = [pair for pair in public_pairs() if pair.name in names]
    shown = [row for row in _SHOWN if any(picture(row, pair.name).exists() for pair in pairs)]
    titles = ["source", "target", *shown, "truth"]
    figure = Figure(figsize=(1.5 * len(titles), 1.62 * len(pairs)), layout="constrained")
    grid = figure.subplots(len(pairs), len(titles), squeeze=False)
    for pair, row in zip(pairs, grid, strict=True):
        results = [
            imread(picture(name, pair.name)) if picture(name, pair.name).exists() else None
            for name in shown
        ]
        panels = [pair.source, pair.target, *results, pair.truth]
        for axes, title, image in zip(row, titles, panels, strict=True):
            axes.set_axis_off()
            if pair is pairs[0]:
                axes.set_title(title, fontsize=9)
            if image is None:
                axes.text(0.5, 0.5, "no picture", ha="center", va="center", fontsize=8)
            else:
                axes.imshow(image, cmap="gray", vmin=0, vmax=1 if image is pair.target else None)
    figure.savefig(IMAGES / "pairs.jpg", dpi=100)
