"""Pairs that must fail, and what the uncertainty says of them; part of ``docs/steering.md``.

The sources and targets of the public pairs are mixed up, so that no target shows what its source
does; one target is lit otherwise than its source. Run ``python -m benchmarks.failures`` in the
repository's root; it takes eight minutes on two cores.

``--all`` mixes every source with every target instead, coloured by preset ``instant``, and prints
whom it warns of; ``--pairs FOLDER`` does so with a folder's own pairs.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr
from skimage.color import deltaE_ciede2000, gray2rgb, rgb2lab

from benchmarks.metrics import Score, score
from benchmarks.pairs import BenchmarkPair, folder_pairs, public_pairs, relit_pairs
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="mix all public pairs, and print")
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="mix these, and print")
    parser.add_argument("--step", type=int, default=1, help="take every so many mixed pairs")
    arguments = parser.parse_args()
    if arguments.all or arguments.pairs:
        pairs = folder_pairs(arguments.pairs) if arguments.pairs else public_pairs()
        mix_all(pairs, arguments.step)
        return
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
        "match",
        "rank",
        "warned",
    ]
    text = (
        f"{machine()}\n\n{table(header, [_row(failure) for failure in failures])}\n\n"
        f"{len(warned)} of {len(failures)} come with a warning. Without one: {missed}. "
        f"{len(worse)} of the {len(failures)} are worse than the grey target."
    )
    write_block("failures", text, PAGE.with_name("steering.md"))


def mix_all(pairs: list[BenchmarkPair], step: int) -> None:
    """Color every target from every source with preset ``instant``, and count the warnings.

    Pairs whose names begin with the same word show the same thing: these are not mixed.
    """
    settings = Settings.preset("instant")
    mixed: list[Failure] = []
    own: list[Failure] = []
    for number, to in enumerate(pairs):
        others = [of for of in pairs if _thing(of) != _thing(to)]
        for of in [to, *others[number % step :: step]]:
            start = time.perf_counter()
            result = colorize(of.source, to.target, settings)
            failure = Failure(
                of.name,
                to.name,
                BenchmarkPair(f"{of.name} for {to.name}", of.source, to.target, to.truth),
                result,
                score(result.final, to.truth, of.source),
                score(gray2rgb(to.target), to.truth, of.source),
            )
            (own if of is to else mixed).append(failure)
            seconds = time.perf_counter() - start
            print(" | ".join([*_row(failure), f"{seconds:.0f} s"]), flush=True)
    print(_counted("mixed", mixed), _counted("own", own))
    for name in ("match", "novelty"):
        values = [[f.result.provenance[name] for f in found] for found in (mixed, own)]
        unlike, alike = np.array(values[0]), np.array(values[1])[:, None]
        below = (unlike < alike).mean()
        print(f"{name} tells mixed from own: AUC {below if name == 'match' else 1 - below:.3f}")


def _thing(pair: BenchmarkPair) -> str:
    return pair.name.split("-")[0]


def _counted(name: str, failures: list[Failure]) -> str:
    worse = [f for f in failures if f.score.delta_e_mean > f.grey.delta_e_mean]
    warned = sum(f.is_warned for f in failures)
    return (
        f"{name}: warned of {warned} of {len(failures)}, of {sum(f.is_warned for f in worse)} of "
        f"the {len(worse)} that are worse than grey."
    )


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
        f"{failure.result.provenance['match']:.2f}",
        f"{rank:.2f}",
        "yes" if failure.is_warned else "no",
    ]


if __name__ == "__main__":
    main()
