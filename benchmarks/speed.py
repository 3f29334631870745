"""Speed against the plain way of doing the same, in one run; tables in ``docs/benchmarks.md``.

Run ``python -m benchmarks.speed`` in the repository's root; it takes minutes on two cores. With
``--device cuda`` a GPU is measured, as ``make gpu`` does.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import dask
import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.comparisons import (
    Comparison,
    chroma_training,
    comparisons,
    plain_adversarial_step,
    plain_merge,
)
from benchmarks.parts import timed
from benchmarks.report import machine, table, write_block
from napari_oneshot_color.colorizer.device import Device, choose_device
from napari_oneshot_color.pair import samples
from napari_oneshot_color.pipeline import colorize
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stacks.lazy import colorize_stack
from napari_oneshot_color.stages import tiles

ROUNDS = 5
RUNS = [  # presets, and whether their steps are recorded
    ("instant", True),
    ("best", True),
    ("best", False),
    ("paper", True),
]
PROFILED = 10  # steps
SIDE = 512  # px of a stack's slices
SMALL = 256  # px, of the run whose seconds are listed


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and rewrite the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="as Settings.device: cpu, cuda, mps")
    device = choose_device(Settings(device=parser.parse_args(arguments).device))
    with device.own_threads():
        if device.torch_device.type == "cpu":
            _measure_cpu(device)
        else:
            write_block("gpu", report(measure(device)))


def _measure_cpu(device: Device) -> None:
    pair = samples.stereo_motorcycle()
    rows = [
        _row(one.name, *_compare(one, device))
        for one in comparisons(pair.source, pair.target, device, steps=10, merged_tiles=1000)
    ]
    speed = table(["median of alternating runs", "ours", "plain", "ratio"], rows)
    write_block("speed", f"{machine()} Device: {device}.\n\n{speed}")
    write_block("stages", f"{_stages()}\n\n{_operations(pair.source)}")


def measure(device: Device, *, small: bool = False) -> dict[str, Any]:
    """Measure everything that a GPU is for.

    Parameters
    ----------
    device : Device
        Where to compute.
    small : bool
        Take small numbers, to see that it works; the figures then say nothing.

    Returns
    -------
    dict
        As JSON can hold it; `report` makes tables of it.
    """
    pair = samples.stereo_motorcycle()
    synchronize(device)
    prepared = comparisons(
        pair.source,
        pair.target,
        device,
        steps=2 if small else 50,
        merged_tiles=128 if small else 1_280,
    )
    compared = {}
    for one in prepared:
        ours, plain = _compare(one, device)
        compared[one.name] = {"ours": ours, "plain": plain}
    runs = {}
    changes = {"max_steps": 2, "generated_tiles": 64, "working_size": 64} if small else {}
    for preset, graph in RUNS:
        settings = Settings.preset(
            preset, device=str(device.torch_device), cuda_graph=graph, **changes
        )
        name = f"{preset}, {'CUDA graph' if graph else 'eager'}"
        runs[name] = _run(pair, settings, device, 1 if preset == "paper" or small else 3)
    return {
        "machine": machine(),
        "device": str(device),
        "compared": compared,
        "runs": runs,
        "plain paper": _plain_paper(pair, device, small=small),
        "stack": {
            preset: _stack_rate(pair, preset, device, 2 if small else 64)
            for preset in ("instant", "best")
        },
    }


def report(measured: dict[str, Any]) -> str:
    """Write what `measure` found as Markdown."""
    compared = table(
        ["median of alternating runs", "ours", "plain", "ratio"],
        [
            [
                name,
                f"{one['ours']:,.0f}",
                f"{one['plain']:,.0f}",
                f"{one['ours'] / one['plain']:.1f}×",
            ]
            for name, one in measured["compared"].items()
        ],
    )
    stages = ["training", "tiles", "regions", "final", "total"]
    runs = table(
        ["seconds, 500 x 741 px", *stages, "peak GPU memory, MiB"],
        [
            [
                f"preset {name}",
                *(f"{one['seconds'][stage]:.2f}" for stage in stages),
                f"{one['peak_mib']:,.0f}",
            ]
            for name, one in measured["runs"].items()
        ],
    )
    plain = measured["plain paper"]
    return (
        f"{measured['machine']} Device: {measured['device']}.\n\n{compared}\n\n{runs}\n\n"
        f"A plain eager float32 loop of preset paper, with SSIM tile by tile from scikit-image: "
        f"{plain['seconds']:.1f} s, from {plain['steps']:,} of its 2,800 steps and "
        f"{plain['tiles']:,} of its 12,800 tiles.\n\n"
        f"A stack of {SIDE} × {SIDE} px through one colorizer: "
        + ", ".join(f"preset {name} {rate:.1f}" for name, rate in measured["stack"].items())
        + " slices per second."
    )


def synchronize(device: Device) -> None:
    """Wait until a GPU has done what it was given."""
    if device.torch_device.type == "cuda":
        torch.cuda.synchronize(device.torch_device)
    elif device.torch_device.type == "mps":
        torch.mps.synchronize()


def _timed(function: Callable[[], object], device: Device) -> float:
    synchronize(device)
    start = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - start


def _compare(one: Comparison, device: Device) -> tuple[float, float]:
    """Time two functions alternately, so that both share the machine with the same other work.

    Returns
    -------
    ours, plain : float
        How many are done in a second, by the median.
    """
    for _ in range(2):
        one.ours(), one.plain()
    seconds = [(_timed(one.ours, device), _timed(one.plain, device)) for _ in range(ROUNDS)]
    ours, plain = (one.count / median(taken) for taken in zip(*seconds, strict=True))
    print(f"{one.name}: {ours:,.0f}, plain {plain:,.0f}", flush=True)
    return ours, plain


def _row(name: str, ours: float, plain: float) -> list[str]:
    return [name, f"{ours:,.0f}", f"{plain:,.0f}", f"{ours / plain:.1f}×"]


def _run(
    pair: samples.SamplePair, settings: Settings, device: Device, rounds: int
) -> dict[str, Any]:
    """Colour a pair several times: the median seconds of its stages, and the GPU's memory."""
    colorize(pair.source, pair.target, settings.replace(max_steps=20))  # libraries are loaded
    on_cuda = device.torch_device.type == "cuda"
    taken: list[dict[str, float]] = []
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(device.torch_device)
    for _ in range(rounds):
        start = time.perf_counter()
        result = colorize(pair.source, pair.target, settings)
        total = time.perf_counter() - start
        taken.append(result.provenance["seconds"] | {"total": total})
    peak = torch.cuda.max_memory_allocated(device.torch_device) if on_cuda else 0
    medians = {stage: median(one[stage] for one in taken) for stage in taken[0]}
    print(settings.network, settings.cuda_graph, medians, flush=True)
    return {"seconds": medians, "peak_mib": peak / 2**20, "runs": rounds}


def _plain_paper(pair: samples.SamplePair, device: Device, *, small: bool) -> dict[str, Any]:
    """Time the plain way of doing what preset paper does, in part, and multiply."""
    settings = Settings()
    steps, count = (2, 64) if small else (200, 1_280)
    step = plain_adversarial_step(device.torch_device)
    for _ in range(min(steps, 20)):
        step()
    training = _timed(lambda: [step() for _ in range(steps)], device) / steps
    height, width = pair.target.shape
    positions = tiles.random_positions(height, width, 64, count, np.random.default_rng(0))
    grey = np.stack([pair.target[y : y + 64, x : x + 64] for y, x in positions])
    scaled = grey.astype(np.float32) / 255
    colored = np.repeat(scaled[..., None], 3, axis=3)
    merging = _timed(lambda: plain_merge(colored, scaled, positions, (height, width)), device)
    seconds = settings.steps * training + merging * settings.generated_tiles / count
    return {
        "seconds": seconds,
        "steps": steps,
        "tiles": count,
        "training": settings.steps * training,
        "merging": merging * settings.generated_tiles / count,
    }


def _stack_rate(pair: samples.SamplePair, preset: str, device: Device, count: int) -> float:
    """Colour a stack whose contents move: slices per second."""
    settings = Settings.preset(preset, device=str(device.torch_device), max_steps=20)
    colorizer = colorize(pair.source, pair.target, settings).colorizer
    tall = np.pad(pair.target, ((0, SIDE), (0, SIDE)), mode="reflect")
    stack = np.stack([tall[n % 64 :, n % 64 :][:SIDE, :SIDE] for n in range(count)])
    colored = colorize_stack(colorizer, stack)
    colored[:1].compute()
    seconds = _timed(lambda: dask.compute(colored), device)
    print(preset, "slices per second", count / seconds, flush=True)
    return count / seconds


def _stages() -> str:
    """Colour the motorcycle with three presets, and list where the seconds went."""
    pair = samples.stereo_motorcycle()
    columns = {}
    for preset in ("instant", "best", "source-only"):
        settings = Settings.preset(preset, working_size=SMALL)
        with timed() as seconds:
            colorize(pair.source, pair.target, settings)
        columns[preset] = seconds
    rows = [
        [part, *(f"{seconds[part]:.2f}" for seconds in columns.values())]
        for part in columns["best"]
    ]
    rows.append(["all", *(f"{sum(seconds.values()):.2f}" for seconds in columns.values())])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    header = [f"seconds, working size {SMALL} px", *(f"preset {preset}" for preset in columns)]
    return (
        f"{table(header, rows)}\n\n"
        f"Peak memory of the process, including the comparisons above: {peak_mib:,.0f} MiB."
    )


def _operations(image: np.ndarray) -> str:
    """Profile the training of preset ``best``, and list what takes most of its time."""
    device = choose_device(Settings.preset("best"))
    training = chroma_training(image, device)
    training.step()
    with device.own_threads(), profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _ in range(PROFILED):
            training.step()
    operations = profiled.key_averages()
    total = sum(operation.self_cpu_time_total for operation in operations)
    most = sorted(operations, key=lambda operation: -operation.self_cpu_time_total)[:8]
    rows = [
        [f"`{operation.key}`", f"{operation.self_cpu_time_total / total:.0%}"] for operation in most
    ]
    return table(["operation in a training step of preset best", "share of its time"], rows)


if __name__ == "__main__":
    main()
