"""Hints and uncertainty on the public pairs: tables and a picture in ``docs/steering.md``.

Run ``python -m benchmarks.steering`` in the repository's root; it takes a quarter of an hour on two
cores. With ``--pairs FOLDER`` it measures the uncertainty on a folder's own pairs instead, and
prints it.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.sparse import csc_array, diags_array, eye_array
from scipy.sparse.linalg import splu
from scipy.stats import spearmanr
from skimage.color import deltaE_ciede2000, rgb2lab

from benchmarks.gallery import IMAGES
from benchmarks.metrics import score
from benchmarks.pairs import BenchmarkPair, folder_pairs, public_pairs
from benchmarks.report import PAGE, machine, table, write_block
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.pixels.color import colored
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.steering.propagation import tie_weights

COUNTS = (1, 5, 20, 100)
DOT = 1  # px from the middle of a hint to its rim
BANDS = (0, 2, 4, 8, 16, 32, np.inf)  # of the uncertainty
FINE_BANDS = (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, np.inf)  # of its picture

Errors = NDArray[np.float64]


def main() -> None:
    """Measure, and rewrite the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="measure these instead")
    parser.add_argument("--only", nargs="*", metavar="PAIR", help="names; all if left out")
    parser.add_argument("--preset", default="best")
    arguments = parser.parse_args()
    folder = arguments.pairs
    hinted, correlations = [], {}
    doubts: list[Errors] = []
    errors: list[Errors] = []
    for pair in folder_pairs(folder) if folder else public_pairs():
        if arguments.only and pair.name not in arguments.only:
            continue
        result = colorize(pair.source, pair.target, Settings.preset(arguments.preset))
        assert result.uncertainty is not None
        error = deltaE_ciede2000(rgb2lab(result.final), rgb2lab(pair.truth))
        doubts.append(result.uncertainty.ravel().astype(np.float64))
        errors.append(error.ravel())
        rank = float(spearmanr(doubts[-1], errors[-1]).statistic)
        correlations[pair.name] = (
            rank,
            float(np.median(doubts[-1])),
            float(result.provenance["novelty"]),
            float(error.mean()),
        )
        print(f"{pair.name:26} rank correlation {rank:.2f}", flush=True)
        if not folder:
            hinted.append(_with_hints(pair, result))
            print(hinted[-1], flush=True)
    told = f"{_pairs_table(correlations)}\n\n{_calibration(doubts, errors)}"
    if folder:
        print(f"\n{told}")
        return
    write_block("hints", f"{machine()}\n\n{_hints_table(hinted)}", PAGE.with_name("steering.md"))
    write_block("uncertainty", told, PAGE.with_name("steering.md"))
    _calibration_picture(np.concatenate(doubts), np.concatenate(errors))


def _with_hints(pair: BenchmarkPair, result: Result) -> dict[str, list[tuple[float, float]]]:
    """Score (PSNR, mean ΔE2000) every count of hints: without the example, with it, and both."""
    order = np.random.default_rng(0).permutation(pair.target.size)
    system = _levin(pair.target)
    scores: dict[str, list[tuple[float, float]]] = {"Levin alone": [], "ours": []}
    scores["the example alone"] = [_scored(result.final, pair)] * len(COUNTS)
    for count in COUNTS:
        hints = _dots(pair, order[:count])
        ab = _levin_solution(system, hints)
        scores["Levin alone"].append(_scored(colored(pair.target, ab)[0], pair))
        scores["ours"].append(_scored(apply_hints(result, hints).final, pair))
    return scores


def _dots(pair: BenchmarkPair, places: NDArray[np.int64]) -> Hints:
    """Put dots of the true colour on the target."""
    labels = np.zeros(pair.target.shape, np.int32)
    colors = {}
    for label, place in enumerate(places.tolist(), start=1):
        y, x = divmod(place, pair.target.shape[1])
        labels[max(0, y - DOT) : y + DOT + 1, max(0, x - DOT) : x + DOT + 1] = label
        red, green, blue = pair.truth[y, x].tolist()
        colors[label] = (red, green, blue)
    return Hints(labels, colors)


def _levin(grey: NDArray[np.float32]) -> csc_array:
    """Levin, Lischinski and Weiss (2004), eq. (1), as a system of equations."""
    difference = eye_array(grey.size) - tie_weights(grey.astype(np.float64))
    return csc_array(difference.T @ difference)


def _levin_solution(system: csc_array, hints: Hints) -> NDArray[np.float32]:
    held = 1e3 * (hints.labels > 0).ravel().astype(np.float64)
    factors = splu(csc_array(system + diags_array(held + 1e-9)))
    wanted, _ = hints.shrunk(hints.labels.shape)
    solved = factors.solve(held[:, None] * wanted.reshape(-1, 2).astype(np.float64))
    chroma: NDArray[np.float32] = solved.reshape(*hints.labels.shape, 2).astype(np.float32)
    return chroma


def _scored(final: NDArray[np.float32], pair: BenchmarkPair) -> tuple[float, float]:
    found = score(final, pair.truth, pair.source)
    return round(found.psnr, 2), round(found.delta_e_mean, 2)


def _hints_table(hinted: list[dict[str, list[tuple[float, float]]]]) -> str:
    rows = []
    for row in hinted[0]:
        means = [np.mean([pair[row][n] for pair in hinted], axis=0) for n in range(len(COUNTS))]
        rows.append([row, *(f"{psnr:.2f} / {error:.2f}" for psnr, error in means)])
    return table(["PSNR / mean ΔE2000 by number of hints", *map(str, COUNTS)], rows)


def _pairs_table(correlations: dict[str, tuple[float, float, float, float]]) -> str:
    rows = [
        [name, f"{rank:.2f}", f"{median:.1f}", f"{novelty:.1f}", f"{error:.1f}"]
        for name, (rank, median, novelty, error) in correlations.items()
    ]
    mean = fmean(rank for rank, *_ in correlations.values())
    header = ["pair", "rank correlation", "median uncertainty", "novelty", "mean ΔE2000"]
    return table(header, [*rows, ["mean", f"{mean:.2f}", "", "", ""]])


def _calibration(doubts: list[Errors], errors: list[Errors]) -> str:
    doubt, error = np.concatenate(doubts), np.concatenate(errors)
    rows = []
    for low, high in pairwise(BANDS):
        found = error[(doubt >= low) & (doubt < high)]
        name = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} and more"
        share = f"{len(found) / len(error):.0%}"
        rows.append([name, share, f"{found.mean():.1f}", f"{(found > 5).mean():.0%}"])
    return table(["uncertainty", "of the pixels", "mean ΔE2000", "ΔE2000 above 5"], rows)


def _calibration_picture(doubt: Errors, error: Errors) -> None:
    """Draw the error to expect in every band of the uncertainty, as ``calibration.png``."""
    bands = list(pairwise(FINE_BANDS))
    found = [error[(doubt >= low) & (doubt < high)] for low, high in bands]
    quarter, middle, three = np.transpose(
        [np.quantile(band, [0.25, 0.5, 0.75]) if len(band) else [np.nan] * 3 for band in found]
    )
    names = [f"{low:g}–{high:g}" if np.isfinite(high) else f"{low:g}+" for low, high in bands]
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    errors, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    errors.fill_between(names, quarter, three, alpha=0.3, lw=0, label="half of the pixels")
    errors.plot(names, middle, "o-", label="median")
    errors.set_ylim(bottom=0)
    errors.set_ylabel("ΔE2000")
    errors.legend(loc="upper left")
    counts.bar(names, [len(band) / 1000 for band in found], color="#7f7f7f")
    counts.set_yscale("log")
    counts.set_ylabel("pixels, 1000")
    counts.set_xlabel("uncertainty, in units of a* and b*")
    for axes in (errors, counts):
        axes.grid(alpha=0.3)
    figure.savefig(IMAGES / "calibration.png", dpi=110)


if __name__ == "__main__":
    main()
