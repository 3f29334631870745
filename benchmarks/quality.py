"""Quality of every preset and peer on the public pairs, as tables in ``docs/benchmarks.md``.

Run ``python -m benchmarks.quality`` in the repository's root. It takes a minute for each pair and
seed on two cores; preset ``paper`` takes half an hour and is measured on one pair alone unless more
are asked for.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from benchmarks import gallery
from benchmarks.measure import Job, measure_all
from benchmarks.pairs import CHECK, DEVELOPMENT, full_size_pairs, public_pairs, relit_pairs
from benchmarks.peers import PEERS
from benchmarks.report import machine, table, write_block
from napari_oneshot_color.settings import PRESETS

MEASUREMENTS = Path(__file__).parent / "measurements" / "quality.jsonl"

COLUMNS = {
    "PSNR, dB": ("psnr", ".2f"),
    "mean ΔE2000": ("delta_e_mean", ".2f"),
    "95 % ΔE2000": ("delta_e_p95", ".1f"),
    "ab-RMSE": ("ab_rmse", ".2f"),
    "palette overlap": ("palette_overlap", ".3f"),
    "Δ colourfulness": ("colourfulness_error", ".1f"),
    "median s": ("seconds", ".1f"),
    "peak MiB": ("peak_mib", ".0f"),
}

FULL_COLUMNS = {name: COLUMNS[name] for name in ("PSNR, dB", "mean ΔE2000", "median s", "peak MiB")}
HALVES_COLUMNS = {name: COLUMNS[name] for name in ("PSNR, dB", "mean ΔE2000", "ab-RMSE")}


def main() -> None:
    """Measure, and rewrite the tables, the chart and the contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [pair.name for pair in public_pairs()]
    parser.add_argument("--pairs", nargs="*", default=names)
    parser.add_argument("--paper-pairs", nargs="*", default=names[:1])
    parser.add_argument("--seeds", type=int, default=3, help="of preset best")
    parser.add_argument("--quick-seeds", type=int, default=2)
    arguments = parser.parse_args()
    jobs = [Job(peer, pair) for peer in PEERS for pair in arguments.pairs]
    for preset, seeds in ("quick", arguments.quick_seeds), ("best", arguments.seeds):
        jobs += [
            Job(f"preset {preset}", pair, PRESETS[preset], seed)
            for seed in range(seeds)
            for pair in arguments.pairs
        ]
    jobs += [Job("preset paper", pair, PRESETS["paper"]) for pair in arguments.paper_pairs]
    measurements = measure_all(jobs, MEASUREMENTS)
    everywhere = [m for m in measurements if _pairs_of(m["row"], jobs) >= set(arguments.pairs)]
    relit = measure_all(_relit_jobs(), MEASUREMENTS)
    write_block("quality", f"{machine()}\n\n{overview(everywhere)}\n\n{_pairs(measurements)}")
    halves = {"development": DEVELOPMENT, "check": CHECK}
    write_block(
        "halves",
        "\n\n".join(
            f"The {name} half: {', '.join(half)}.\n\n"
            + overview([m for m in everywhere if m["pair"] in half], HALVES_COLUMNS)
            for name, half in halves.items()
        ),
    )
    write_block("relit", f"{overview(relit, HALVES_COLUMNS)}\n\n{_pairs(relit)}")
    full = measure_all(_full_size_jobs(), MEASUREMENTS)
    write_block("full", f"{overview(full, FULL_COLUMNS)}\n\n{_pairs(full)}")
    gallery.chart(everywhere)
    gallery.contact_sheet(arguments.pairs)


def _relit_jobs() -> list[Job]:
    names = [pair.name for pair in relit_pairs()]
    jobs = [Job(peer, name) for peer in PEERS for name in names]
    return jobs + [Job("preset best", name, PRESETS["best"]) for name in names]


def _full_size_jobs() -> list[Job]:
    names = [pair.name for pair in full_size_pairs()]
    best = PRESETS["best"]
    rows = {"dense kNN": {}, "preset best at 256 px": best | {"working_size": 256}}
    rows["preset best"] = best
    return [Job(row, name, settings) for row, settings in rows.items() for name in names]


def overview(
    measurements: list[dict[str, Any]], columns: dict[str, tuple[str, str]] = COLUMNS
) -> str:
    """Average over pairs; behind ± the standard deviation of that average over the seeds.

    Of the seconds it is the median over everything: other programs may have run beside a few.
    """
    rows = []
    for row, found in _grouped(measurements, "row").items():
        cells = [row]
        for key, form in columns.values():
            if key == "seconds":
                cells.append(f"{median(m[key] for m in found):{form}}")
                continue
            seeds = [fmean(m[key] for m in same) for same in _grouped(found, "seed").values()]
            spread = f" ± {stdev(seeds):{form}}" if len(seeds) > 1 and key != "peak_mib" else ""
            cells.append(f"{fmean(seeds):{form}}{spread}")
        rows.append(cells)
    return table(["mean over pairs", *columns], rows)


def _pairs_of(row: str, jobs: list[Job]) -> set[str]:
    return {job.pair for job in jobs if job.row == row}


def _pairs(measurements: list[dict[str, Any]]) -> str:
    """PSNR / mean ΔE2000 for each pair, averaged over the seeds."""
    names = list(_grouped(measurements, "row"))
    rows = []
    for pair, found in _grouped(measurements, "pair").items():
        by_row = _grouped(found, "row")
        rows.append([pair, *(_brief(by_row[name]) if name in by_row else "–" for name in names)])
    return table(["PSNR / ΔE", *names], rows)


def _brief(measurements: list[dict[str, Any]]) -> str:
    psnr = fmean(m["psnr"] for m in measurements)
    return f"{psnr:.1f} / {fmean(m['delta_e_mean'] for m in measurements):.1f}"


def _grouped(
    measurements: list[dict[str, Any]], key: str
) -> defaultdict[Any, list[dict[str, Any]]]:
    groups = defaultdict(list)
    for measurement in measurements:
        groups[measurement[key]].append(measurement)
    return groups


if __name__ == "__main__":
    main()
