"""Large images, stacks, more than one worker, and flicker; tables in ``docs/large.md``.

Run ``python -m benchmarks.stacks`` in the repository's root; it takes ten minutes on two cores.
``--first`` measures the time to the first slice alone, in a minute.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
import tifffile
import zarr
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.transform import resize

from benchmarks.report import PAGE, machine, table, write_block
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.colorizer.device import core_count
from napari_oneshot_color.pair import samples
from napari_oneshot_color.pipeline import train
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.stacks.lazy import colorize_stack

MEGAPIXELS = (1, 4, 16, 64, 256)
CHUNK = 1024  # px
SLICES = 24
SIDES = (256, 512, 1024, 2048)
FRAMES = 6
COUNTS = (10, 1000, 100_000)
NOISE = 0.01  # of the full range, standard deviation
DRIFT = 0.05  # of the full range, from the first frame to the last

Grey = NDArray[np.float32]


def main() -> None:
    """Measure, and rewrite the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", action="store_true")
    is_first_alone = parser.parse_args().first
    _first_slices()
    if is_first_alone:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.safetensors"
        pair = samples.immunohistochemistry()
        train(pair.source, Settings.preset("best", epochs=2)).save(file)
        large = [_alone(_large_image, file, megapixels) for megapixels in MEGAPIXELS]
        slices = [_alone(_stack, file, side, SLICES) for side in SIDES]
        workers = [_alone(_cluster, file, count) for count in (1, 2)]
    steady, trained = _flicker(pair)
    first = large[0]
    text = table(
        ["one image, megapixels", "seconds", "seconds per megapixel", "peak memory, MiB"],
        [
            [f"{n:,}", f"{seconds:.1f}", f"{seconds / n:.2f}", f"{peak:.0f}"]
            for n, (seconds, peak) in zip(MEGAPIXELS, large, strict=True)
        ],
    )
    grown = _slope(large[-2:], MEGAPIXELS[-2:]) / _slope(large[-3:-1], MEGAPIXELS[-3:-1])
    text += (
        f"\n\nA further megapixel takes {grown:.2f} times as long between {MEGAPIXELS[-2]} and "
        f"{MEGAPIXELS[-1]} megapixels as between {MEGAPIXELS[-3]} and {MEGAPIXELS[-2]}. The "
        f"largest image needs {large[-1][1] - first[1]:.0f} MiB more than the smallest.\n\n"
    )
    text += table(
        [f"a stack of {SLICES} slices, side in px", "seconds per slice", "peak memory, MiB"],
        [
            [f"{side:,}", f"{seconds / SLICES:.2f}", f"{peak:.0f}"]
            for side, (seconds, peak) in zip(SIDES, slices, strict=True)
        ],
    )
    alone, two = (SLICES / seconds for seconds, _ in workers)
    text += "\n\n" + table(
        ["a cluster on this machine, slices of 512 px", "slices per second", "ratio"],
        [
            ["1 worker, 1 thread", f"{alone:.2f}", "1.00"],
            ["2 workers, 1 thread each", f"{two:.2f}", f"{two / alone:.2f}"],
        ],
    )
    text += "\n\n" + table(
        [f"flicker: change of a*, b* from frame to frame, mean over {FRAMES} frames", "", "ratio"],
        [
            ["one colorizer for all frames", f"{steady:.2f}", f"{steady / trained:.2f}"],
            ["one training per frame, each with its own seed", f"{trained:.2f}", "1.00"],
        ],
    )
    print(text)
    write_block("stacks", f"{machine()}\n\n{text}", PAGE.with_name("large.md"))


def _first_slices() -> None:
    """Measure how long the first slice takes to be written, in stacks of few slices and of many."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "bench.safetensors"
        train(samples.immunohistochemistry().source, Settings.preset("instant")).save(model)
        for count in COUNTS:
            measured = []
            for make in (_zarr, _tiff, _tiff_of_pages):
                stack = make(Path(folder), count)
                measured.append(_alone(_first_slice, model, stack))
            times = [f"{seconds:.1f}" for seconds, _ in measured]
            rows.append([f"{count:,}", *times, f"{max(peak for _, peak in measured):.0f}"])
    header = [
        "slices of 64 x 64 px; seconds to the first",
        *("zarr", "TIFF written in one go", "TIFF of separate pages", "peak memory, MiB"),
    ]
    write_block("first", f"{machine()}\n\n{table(header, rows)}", PAGE.with_name("large.md"))


def _noise(count: int) -> Iterator[NDArray[np.uint8]]:
    """Make slices, a few and again."""
    noise = np.random.default_rng(0).integers(0, 255, (16, 64, 64), dtype=np.uint8)
    return islice(cycle(noise), count)


def _zarr(folder: Path, count: int) -> Path:
    path = folder / f"{count}.zarr"
    chunk = min(count, 1000)
    array = zarr.create_array(path, shape=(count, 64, 64), chunks=(chunk, 64, 64), dtype="u1")
    noise = np.stack(list(_noise(chunk)))
    for start in range(0, count, chunk):
        array[start : start + chunk] = noise
    return path


def _tiff(folder: Path, count: int) -> Path:
    path = folder / f"{count}.tif"
    tifffile.imwrite(
        path, _noise(count), shape=(count, 64, 64), dtype=np.uint8, photometric="minisblack"
    )
    return path


def _tiff_of_pages(folder: Path, count: int) -> Path:
    path = folder / f"{count}_pages.tif"
    with tifffile.TiffWriter(path) as file:
        for page in _noise(count):
            file.write(page, photometric="minisblack", compression="zlib", metadata=None)
    return path


def _first_slice(model: Path, stack: Path) -> float:
    """Colour a stack as the program does until something is written, and return the seconds."""
    colorizer = Colorizer.load(model)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        steps = apply_files_steps(colorizer, [stack], Path(folder) / "out.zarr")
        next(progress for progress in steps if progress.done)
        seconds = time.perf_counter() - start
        steps.close()
    return seconds


def _alone(function: Any, *arguments: Any) -> tuple[float, float]:
    """Run a measurement in a process of its own; return its seconds and its peak memory in MiB."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, peak = pool.submit(_measured, function, *arguments).result()
    print(function.__name__, *arguments[1:], f"{seconds:.1f} s, {peak:.0f} MiB")
    return seconds, peak


def _measured(function: Any, *arguments: Any) -> tuple[float, float]:
    seconds = function(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _slope(measured: list[tuple[float, float]], megapixels: tuple[int, ...]) -> float:
    """Seconds for each further megapixel."""
    return (measured[1][0] - measured[0][0]) / (megapixels[1] - megapixels[0])


def _scene(*_: Any, block_info: Any = None) -> NDArray[np.uint8]:
    """Make one chunk of an image that was never in memory as a whole."""
    (top, bottom), (left, right) = block_info[None]["array-location"][-2:]
    y, x = np.mgrid[top:bottom, left:right]
    blobs = 127 + 60 * np.sin(x / 97) + 60 * np.cos(y / 131)
    shape = tuple(stop - start for start, stop in block_info[None]["array-location"])
    return np.broadcast_to(blobs.astype(np.uint8), shape).copy()


def _virtual(shape: tuple[int, ...], chunks: tuple[int, ...]) -> da.Array:
    meta = np.empty((0,) * len(shape), np.uint8)
    return da.map_blocks(
        _scene, chunks=da.core.normalize_chunks(chunks, shape), dtype=np.uint8, meta=meta
    )


def _large_image(file: Path, megapixels: int) -> float:
    side = round((megapixels * 1e6) ** 0.5)
    image = _virtual((side, side), (CHUNK, CHUNK))
    return _stored(colorize_stack(Colorizer.load(file), image))


def _stack(file: Path, side: int, count: int) -> float:
    stack = _virtual((count, side, side), (1, side, side))
    return _stored(colorize_stack(Colorizer.load(file), stack))


def _stored(colored: da.Array) -> float:
    """Compute an array into a new zarr, on all cores, and return the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        store = zarr.create_array(
            folder, shape=colored.shape, chunks=colored.chunksize, dtype=colored.dtype
        )
        start = time.perf_counter()
        with dask.config.set(scheduler="threads", num_workers=core_count()):
            da.store(colored, store, lock=False)
        return time.perf_counter() - start


def _cluster(file: Path, workers: int) -> float:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster),
    ):
        colorizer = Colorizer.load(file)
        _virtual((2 * workers, 256, 256), (1, 256, 256)).sum().compute()
        colorize_stack(colorizer, _virtual((2 * workers, 256, 256), (1, 256, 256))).compute()
        stack = _virtual((SLICES, 512, 512), (1, 512, 512))
        start = time.perf_counter()
        colorize_stack(colorizer, stack).sum().compute()
        return time.perf_counter() - start


def _flicker(pair: samples.SamplePair) -> tuple[float, float]:
    """Measure the change of chroma between frames that differ by noise and a drift of light.

    Returns
    -------
    steady, trained : float
        Mean distance in the plane of a* and b*: with one colorizer; with one for each frame.
    """
    rng = np.random.default_rng(0)
    still = resize(pair.target / 255, (256, 256)).astype(np.float32)
    drift = np.linspace(0, DRIFT, FRAMES)[:, None, None]
    frames = still * 0.9 + drift + rng.normal(0, NOISE, (FRAMES, *still.shape))
    frames = np.clip(frames, 0, 1).astype(np.float32)
    colorizers = [train(pair.source, Settings.preset("best", seed=seed)) for seed in range(FRAMES)]
    steady = colorize_stack(colorizers[0], frames, dtype=np.float32).compute()
    trained = np.stack(
        [
            colorize_stack(colorizer, frame, dtype=np.float32, limits=(0, 1)).compute()
            for colorizer, frame in zip(colorizers, frames, strict=True)
        ]
    )
    return _change(steady), _change(trained)


def _change(frames: NDArray[np.float32]) -> float:
    chroma = rgb2lab(frames)[..., 1:]
    return float(np.linalg.norm(np.diff(chroma, axis=0), axis=-1).mean())


if __name__ == "__main__":
    main()
