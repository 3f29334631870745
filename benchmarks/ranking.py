"""How often ``rank`` finds a target's own source, as a table in ``docs/benchmarks.md``.

Run ``python -m benchmarks.ranking`` in the repository's root; ``--pairs FOLDER`` measures a
folder's own pairs instead and prints them. It takes half a minute on one core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.pairs import BenchmarkPair, folder_pairs, public_pairs
from benchmarks.report import machine, table, write_block
from napari_oneshot_color import Source
from napari_oneshot_color.matching.ranking import SAME, SIMILAR, Ranking


def main() -> None:
    """Compare every target with every source."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="measure these instead")
    folder = parser.parse_args().pairs
    pairs = folder_pairs(folder) if folder else public_pairs()
    scores, seconds = compared(pairs)
    if folder:
        print(summary(pairs, scores, seconds))
    else:
        write_block("ranking", f"{machine()}\n\n{summary(pairs, scores, seconds)}")


def compared(pairs: list[BenchmarkPair]) -> tuple[NDArray[np.float64], list[float]]:
    """Score every target, down, against every source, across; also take the seconds of each."""
    scores, seconds = np.zeros((len(pairs), len(pairs))), []
    for row, pair in enumerate(pairs):
        ranking = Ranking(pair.target)
        for column, other in enumerate(pairs):
            start = time.perf_counter()
            scores[row, column] = ranking.match(Source(other.source)).score
            seconds.append(time.perf_counter() - start)
    return scores, seconds


def summary(pairs: list[BenchmarkPair], scores: NDArray[np.float64], seconds: list[float]) -> str:
    """Say where each target's own source comes; a picture that several pairs share counts once."""
    pictures = [pair.source.tobytes() for pair in pairs]
    rows, places = [], []
    for pair, picture, found in zip(pairs, pictures, scores, strict=True):
        best = dict(zip(pictures, found, strict=True))
        own = best.pop(picture)
        place = 1 + sum(other > own for other in best.values())
        places.append(place)
        rows.append([pair.name, f"{own:.2f}", f"{max(best.values()):.2f}", str(place)])
    return (
        f"{table(['target', 'own source', 'best other source', 'place of its own'], rows)}\n\n"
        f"The own source comes first for {places.count(1)} of {len(pairs)} targets, among the "
        f"first three for {sum(place <= 3 for place in places)}; {median(seconds):.2f} s for each "
        f"candidate, at most {max(seconds):.2f} s. Same from {SAME} on, similar from "
        f"{SIMILAR} on."
    )


if __name__ == "__main__":
    main()
