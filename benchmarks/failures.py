"""Pairs that must fail, and what the uncertainty says of them; part of ``docs/steering.md``.

The sources and targets of the public pairs are mixed up, so that no target shows what its source
does; one target is lit otherwise than its source. Run ``python -m benchmarks.failures`` in the
repository's root; it takes eight minutes on two cores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr
from skimage.color import deltaE_ciede2000, gray2rgb, rgb2lab

from benchmarks.metrics import Score, score
from benchmarks.pairs import BenchmarkPair, public_pairs, relit_pairs
from benchmarks.report import PAGE, machine, table, write_block
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.result.result import Result
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT

SHOWN = (
    ("retina", "hubble"),
    ("flower", "china"),
    ("chelsea", "coffee"),
    ("astronaut", "astronaut, low contrast"),
)
MORE = (("flower", "coffee"), ("retina", "astronaut"), ("immunohistochemistry", "hubble"))


@dataclass(frozen=True)
class Failure:
    """A target that was coloured from another picture's source.

    Attributes
    ----------
    source, target : str
        Names of the pairs that they are from.
    pair : BenchmarkPair
        Both, and the truth.
    result : Result
        What became of them.
    score, grey : Score
        Of the result, and of the target left grey.
    """

    source: str
    target: str
    pair: BenchmarkPair
    result: Result
    score: Score
    grey: Score

    @property
    def error(self) -> NDArray[np.float64]:
        """ΔE2000 of every pixel."""
        error: NDArray[np.float64] = deltaE_ciede2000(
            rgb2lab(self.result.final), rgb2lab(self.pair.truth)
        )
        return error

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """Where the result says that it may be wrong."""
        assert self.result.uncertainty is not None
        return self.result.uncertainty

    @property
    def is_warned(self) -> bool:
        """Whether the user is told."""
        return any("Do not trust" in note for note in self.result.provenance["notes"])


def main() -> None:
    """Measure, and rewrite the table and the picture."""
    names = [pair.name for pair in public_pairs()]
    shifted = zip(names, [*names[1:], names[0]], strict=True)
    mixed = list(dict.fromkeys([*SHOWN, *MORE, *shifted]))
    failures = []
    for source, target in mixed:
        failures.append(fail(source, target))
        print(" | ".join(_row(failures[-1])), flush=True)
    shown = failures[: len(SHOWN)]
    picture(shown)
    warned = [failure for failure in failures if failure.is_warned]
    worse = [f for f in failures if f.score.delta_e_mean > f.grey.delta_e_mean]
    missed = "; ".join(f"{f.source} for {f.target}" for f in failures if not f.is_warned)
    header = [
        "source for target",
        "ΔE2000",
        "left grey",
        "uncertainty",
        "novelty",
        "rank",
        "warned",
    ]
    text = (
        f"{machine()}\n\n{table(header, [_row(failure) for failure in failures])}\n\n"
        f"{len(warned)} of {len(failures)} come with a warning. Without one: {missed}. "
        f"{len(worse)} of the {len(failures)} are worse than the grey target."
    )
    write_block("failures", text, PAGE.with_name("steering.md"))


def fail(source: str, target: str) -> Failure:
    """Colour the target of one public or relit pair from the source of another."""
    pairs = {pair.name: pair for pair in (*public_pairs(), *relit_pairs())}
    of, to = pairs[source], pairs[target]
    pair = BenchmarkPair(f"{source} for {target}", of.source, to.target, to.truth)
    result = colorize(pair.source, pair.target, Settings.preset("best"))
    return Failure(
        source,
        target,
        pair,
        result,
        score(result.final, pair.truth, pair.source),
        score(gray2rgb(pair.target), pair.truth, pair.source),
    )


def picture(failures: list[Failure]) -> None:
    """Lay out some of them side by side, as ``failures.jpg``."""
    titles = ("source", "target", "result", "truth", "uncertainty", "ΔE2000")
    figure = Figure(figsize=(11, 1.85 * len(failures)), layout="constrained")
    grid = figure.subplots(len(failures), len(titles))
    for row, failure in zip(grid, failures, strict=True):
        pair = failure.pair
        panels = (pair.source, pair.target, failure.result.final, pair.truth)
        for axes, title, image in zip(row, titles, panels, strict=False):
            axes.imshow(image, cmap="gray", vmin=0, vmax=1)
            axes.set_title(title if failure is failures[0] else "", fontsize=10)
        for axes, title, map_ in zip(
            row[4:], titles[4:], (failure.uncertainty, failure.error), strict=True
        ):
            drawn = axes.imshow(map_, cmap="magma", vmin=0, vmax=UNCERTAINTY_LIMIT)
            axes.set_title(title if failure is failures[0] else "", fontsize=10)
        for axes in row:
            axes.set_axis_off()
    figure.colorbar(drawn, ax=grid[:, -1], extend="max", shrink=0.6)
    figure.savefig(PAGE.parent / "images" / "failures.jpg", dpi=100)


def _row(failure: Failure) -> list[str]:
    rank = spearmanr(failure.uncertainty.ravel(), failure.error.ravel()).statistic
    return [
        f"{failure.source} for {failure.target}",
        f"{failure.score.delta_e_mean:.1f}",
        f"{failure.grey.delta_e_mean:.1f}",
        f"{np.median(failure.uncertainty):.1f}",
        f"{failure.result.provenance['novelty']:.1f}",
        f"{rank:.2f}",
        "yes" if failure.is_warned else "no",
    ]


if __name__ == "__main__":
    main()
