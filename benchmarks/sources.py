"""Two sources against either alone; a table in ``docs/steering.md``.

Each source of the public pairs is cut into its upper and its lower half. Run
``python -m benchmarks.sources`` in the repository's root; it takes a quarter of an hour on two
cores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.metrics import score
from benchmarks.pairs import BenchmarkPair, public_pairs
from benchmarks.report import PAGE, machine, table, write_block
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.settings import Settings

ROWS = ("upper half alone", "lower half alone", "both")


def main() -> None:
    """Measure, and rewrite the table."""
    scores = []
    for pair in public_pairs():
        half = len(pair.source) // 2
        upper, lower = Source(pair.source[:half], "upper"), Source(pair.source[half:], "lower")
        scores.append([_scored(pair, sources) for sources in ([upper], [lower], [upper, lower])])
        print(f"{pair.name:22}", scores[-1], flush=True)
    means = np.mean(scores, axis=0)
    better = sum(both[0] >= max(upper[0], lower[0]) for upper, lower, both in scores)
    rows = [
        [name, f"{psnr:.2f}", f"{error:.2f}"]
        for name, (psnr, error) in zip(ROWS, means, strict=True)
    ]
    text = table(["mean over pairs", "PSNR, dB", "mean ΔE2000"], rows)
    text += (
        f"\n\nOn {better} of {len(scores)} pairs, both together are at least as good as the better "
        "half, in PSNR."
    )
    write_block("sources", f"{machine()}\n\n{text}", PAGE.with_name("steering.md"))


def _scored(pair: BenchmarkPair, sources: Sequence[Source]) -> tuple[float, float]:
    result = colorize(sources, pair.target, Settings.preset("best"))
    found = score(result.final, pair.truth, pair.source)
    return found.psnr, found.delta_e_mean


if __name__ == "__main__":
    main()
