"""Quality of every preset and peer on the public pairs, as tables in ``docs/benchmarks.md``.

Run ``python -m benchmarks.quality`` in the repository's root. It takes a minute for each pair and
seed on two cores; preset ``paper`` takes half an hour and is measured on one pair alone unless more
are asked for.

``python -m benchmarks.quality --pairs FOLDER`` measures your own pairs instead and prints the
tables; nothing is written. The folder's ``index.csv`` has the columns name, source and target.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Any

from benchmarks.measure import Job, measure_all, measure_beside
from benchmarks.pairs import (
    CHECK,
    DEVELOPMENT,
    folder_pairs,
    full_size_pairs,
    public_pairs,
    relit_pairs,
)
from benchmarks.peers import PEERS
from benchmarks.report import machine, table, write_block
from napari_oneshot_color.settings import PRESETS, all_settings
from napari_oneshot_color.settings.field import Value

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
    parser.add_argument("--pairs", type=Path, metavar="FOLDER", help="measure these instead")
    parser.add_argument("--only", nargs="*", metavar="PAIR", help="names; all if left out")
    parser.add_argument("--paper-pairs", nargs="*", metavar="PAIR", help="the first if left out")
    parser.add_argument("--seeds", type=int, default=3, help="of what is trained")
    parser.add_argument("--quick-seeds", type=int, default=2)
    parser.add_argument(
        "--full-size", action="store_true", help="only the larger pairs, at their own size"
    )
    own = parser.add_argument_group("with --pairs FOLDER")
    own.add_argument("--presets", nargs="*", default=["source-only", "instant", "best"])
    own.add_argument(
        "--change",
        nargs="*",
        default=[],
        metavar="NAME=VALUE,…",
        help="measure preset best with these settings changed, too; a row for each",
    )
    own.add_argument("--device", default="auto", help="as the setting of this name")
    own.add_argument("--workers", type=int, default=1, help="processes side by side")
    arguments = parser.parse_args()
    if arguments.pairs:
        measure_folder(arguments)
        return
    if arguments.full_size:
        measure_full_size()
        return
    arguments.pairs = arguments.only or [pair.name for pair in public_pairs()]
    arguments.paper_pairs = arguments.paper_pairs or arguments.pairs[:1]
    jobs = [Job(peer, pair) for peer in PEERS for pair in arguments.pairs]
    seeds = {
        "quick": arguments.quick_seeds,
        "instant": 1,  # there is no chance in it
        "source-only": arguments.seeds,
        "best": arguments.seeds,
    }
    for preset, count in seeds.items():
        jobs += [
            Job(f"preset {preset}", pair, PRESETS[preset], seed)
            for seed in range(count)
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
    from benchmarks import gallery

    measure_full_size()
    gallery.chart(everywhere)
    gallery.contact_sheet(arguments.pairs)


def measure_full_size() -> None:
    """Measure the larger pairs at their own size, and rewrite their tables."""
    full = measure_all(_full_size_jobs(), MEASUREMENTS)
    write_block("full", f"{machine()}\n\n{overview(full, FULL_COLUMNS)}\n\n{_pairs(full)}")


def measure_folder(arguments: argparse.Namespace) -> None:
    """Measure the pairs of a folder, and print what each row makes of them."""
    names = arguments.only or [pair.name for pair in folder_pairs(arguments.pairs)]
    folder = str(arguments.pairs.resolve())
    jobs = [Job(peer, name, folder=folder) for peer in ("grey copy", "dense kNN") for name in names]
    rows = {f"preset {preset}": PRESETS[preset] for preset in arguments.presets}
    for change in arguments.change:
        changed = dict(pair.split("=") for pair in change.split(","))
        rows[f"best, {change}"] = PRESETS["best"] | {
            setting.name: _read(changed[setting.name], setting.type)
            for setting in all_settings()
            if setting.name in changed
        }
    for row, preset in rows.items():
        settings = preset | {"device": arguments.device}
        seeds = 1 if settings.get("network") == "none" else arguments.seeds
        jobs += [Job(row, name, settings, seed, folder) for seed in range(seeds) for name in names]
    measurements = measure_beside(jobs, arguments.workers)
    print(f"\n{overview(measurements)}\n\n{_pairs(measurements)}")
    first, *others = rows
    for other in others:
        print(f"\n{compared(measurements, other, first)}")


def _read(text: str, kind: type[Value]) -> Value:
    return text == "true" if kind is bool else kind(text)


def compared(measurements: list[dict[str, Any]], row: str, with_row: str) -> str:
    """Say in a sentence how much better one row is than another, pair by pair."""
    by_row = _grouped(measurements, "row")
    psnr, error = (
        {
            name: [
                fmean(m[key] for m in found) for found in _grouped(by_row[name], "pair").values()
            ]
            for name in (row, with_row)
        }
        for key in ("psnr", "delta_e_mean")
    )
    gain = fmean(psnr[row]) - fmean(psnr[with_row])
    less = 1 - fmean(error[row]) / fmean(error[with_row])
    better = sum(own < other for own, other in zip(error[row], error[with_row], strict=True))
    return (
        f"{row} against {with_row}: {gain:+.2f} dB, mean ΔE2000 {-less:+.1%}, "
        f"smaller on {better} of {len(error[row])} pairs."
    )


def _relit_jobs() -> list[Job]:
    names = [pair.name for pair in relit_pairs()]
    jobs = [Job(peer, name) for peer in PEERS for name in names]
    return jobs + [
        Job(f"preset {preset}", name, PRESETS[preset])
        for preset in ("instant", "source-only", "best")
        for name in names
    ]


def _full_size_jobs() -> list[Job]:
    names = [pair.name for pair in full_size_pairs()]
    best = PRESETS["best"]
    rows = {"dense kNN": {}, "preset best": best}
    rows |= {f"preset best at {size} px": best | {"working_size": size} for size in (256, 512)}
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
