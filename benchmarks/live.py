"""The live picture: how far it is from the truth while the network learns, and what Stop keeps.

Run ``python -m benchmarks.live`` in the repository's root; it takes about a quarter of an hour on
two cores. ``--pairs 3`` measures the first three pairs alone, and writes nothing.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.transform import resize

from benchmarks.pairs import BenchmarkPair, public_pairs
from benchmarks.report import machine, table, write_block
from napari_oneshot_color import colorize, training
from napari_oneshot_color.pipeline import colorize_steps
from napari_oneshot_color.settings import Settings

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "live.png"
STOPS = (1, 5, 20, 100)
PRESET = "best"
_APART = 0.17  # ΔE between names in the picture, which would lie upon each other


@dataclass(frozen=True)
class Watched:
    """What was seen of one run.

    Attributes
    ----------
    steps, seconds, errors : list
        Of each live picture: the steps that were done, the time since the run began, and the mean
        CIEDE2000 difference to the truth. The first one is the neighbours'.
    final : float
        The same difference of the result.
    """

    steps: list[int]
    seconds: list[float]
    errors: list[float]
    final: float


def main() -> None:
    """Measure, draw the curve and rewrite the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int)
    arguments = parser.parse_args()
    pairs = public_pairs()[: arguments.pairs]
    settings = Settings.preset(PRESET)
    watched, stopped, alone = [], [], []
    for pair in pairs:
        watched.append(_watch(pair, settings))
        stopped.append([_stop(pair, settings, steps) for steps in STOPS])
        with patch.object(training, "trusted", lambda colorizer: colorizer):
            alone.append([_stop(pair, settings, steps) for steps in STOPS])
        run = watched[-1]
        errors = [f"{error:.2f}" for error in run.errors]
        print(pair.name, run.steps, errors, f"{run.final:.2f}", stopped[-1], alone[-1], flush=True)
    text = f"{_stops(watched, stopped, alone)}\n\n{_live(watched)}"
    print(text)
    if arguments.pairs is None:
        _draw([pair.name for pair in pairs], watched, settings.steps)
        write_block("live", f"{machine()}\n\n{text}")


def _watch(pair: BenchmarkPair, settings: Settings) -> Watched:
    steps: list[int] = []
    seconds: list[float] = []
    errors: list[float] = []
    run = colorize_steps(pair.source, pair.target, settings, previews=True)
    start, measuring = time.perf_counter(), 0.0
    while True:
        try:
            progress = next(run)
        except StopIteration as finished:
            final = _error(finished.value.final, pair.truth)
            return Watched(steps, seconds, errors, final)
        if progress.preview is not None:
            before = time.perf_counter()
            steps.append(progress.done)
            seconds.append(before - start - measuring)
            errors.append(_error(progress.preview, pair.truth))
            measuring += time.perf_counter() - before


def _stop(pair: BenchmarkPair, settings: Settings, steps: int) -> float:
    """Stop after some steps; a run that was stopped has them as `max_steps`."""
    result = colorize(pair.source, pair.target, settings.replace(max_steps=steps))
    return _error(result.final, pair.truth)


def _error(image: np.ndarray, truth: np.ndarray) -> float:
    if image.shape != truth.shape:
        image = resize(image, truth.shape, order=1, anti_aliasing=False)
    return float(deltaE_ciede2000(rgb2lab(truth), rgb2lab(image)).mean())


def _stops(watched: list[Watched], stopped: list[list[float]], alone: list[list[float]]) -> str:
    first = np.array([run.errors[0] for run in watched])
    whole = np.array([run.final for run in watched])
    rows = [["first picture, from the neighbours", f"{first.mean():.2f}", "", ""]]
    now, before = np.array(stopped).T, np.array(alone).T
    for steps, errors, network in zip(STOPS, now, before, strict=True):
        worst = (errors - first).max()
        rows.append(
            [
                f"Stop after {steps} step{'s' * (steps > 1)}",
                f"{errors.mean():.2f}",
                f"{worst:+.2f}",
                f"{network.mean():.2f}",
            ]
        )
    rows.append(["whole training", f"{whole.mean():.2f}", f"{(whole - first).max():+.2f}", ""])
    count = len(watched)
    head = f"result, mean ΔE2000 over {count} pairs"
    return table([head, "mixed", "worst change from the first picture", "the network alone"], rows)


def _live(watched: list[Watched]) -> str:
    """Tabulate how far a live picture ever is above the best one before it."""
    ends = [run.errors[-1] - run.errors[0] for run in watched]
    above = [max(np.array(run.errors) - run.errors[0]) for run in watched]
    back = [max(np.array(run.errors) - np.minimum.accumulate(run.errors)) for run in watched]
    rows = [
        ["last live picture minus the first, mean", f"{np.mean(ends):+.2f}"],
        ["largest excess over the first, worst pair", f"{max(above):+.2f}"],
        ["largest excess over the best so far, mean", f"{np.mean(back):+.2f}"],
        ["the same, worst pair", f"{max(back):+.2f}"],
    ]
    return table(["live pictures, ΔE2000", ""], rows)


def _draw(names: list[str], watched: list[Watched], planned: int) -> None:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    grid = np.arange(planned + 1)
    curves = []
    for run in watched:
        last = np.searchsorted(run.steps, grid, side="right") - 1  # the picture that is seen then
        curve = np.array(run.errors)[last]
        curves.append(curve)
        axes.plot(grid, curve, color="0.75", linewidth=1)
    place = -_APART
    for end, name in sorted(zip((curve[-1] for curve in curves), names, strict=True)):
        place = max(end, place + _APART)
        axes.text(planned + 8, place, name, fontsize=6, va="center", color="0.5")
    axes.plot(grid, np.mean(curves, axis=0), color="C3", linewidth=2, label="mean")
    axes.set(xlabel="training steps", ylabel="ΔE2000 of the live picture", xlim=(0, planned * 1.16))
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    main()
