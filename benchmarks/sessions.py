"""Long sessions: what memory, threads and open files a process has after many runs.

Run ``python -m benchmarks.sessions`` in the repository's root, on Linux or macOS. Each session is a
process of its own: 50 runs, 3,000 small files, 2,000 pages. After the tenth run, and its like of
the others, nothing may be added; the table in ``docs/benchmarks.md`` says what was measured.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import tifffile

from benchmarks.report import machine, table, write_block
from napari_oneshot_color import Colorizer, Settings, colorize, train
from napari_oneshot_color.batch.run import apply_files_steps
from napari_oneshot_color.files.formats import encode_image

_SMALL = {
    "base_width": 4,
    "tile_size": 32,
    "working_size": 48,
    "epochs": 2,
    "patches_per_epoch": 16,
    "batch_size": 4,
    "generated_tiles": 12,
    "lattice_stride": 16,
    "ssim_window": 7,
    "device": "cpu",
    "threads": 1,
}


@dataclass(frozen=True)
class State:
    """What a process holds.

    Attributes
    ----------
    memory : float
        MiB that are resident.
    threads, files : int
        Of the whole process, and its open file descriptors.
    """

    memory: float
    threads: int
    files: int

    @classmethod
    def now(cls) -> State:
        """Look at this process."""
        gc.collect()
        process = psutil.Process()
        return cls(process.memory_info().rss / 2**20, process.num_threads(), process.num_fds())


def main() -> None:
    """Measure, and rewrite the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--pages", type=int, default=2000)
    asked = parser.parse_args()
    rows = []
    for title, session, count in (
        ("runs", _runs, asked.runs),
        ("small files", _files, asked.files),
        ("pages of a TIFF stack", _pages, asked.pages),
    ):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            early, late = pool.submit(_measured, session, count).result()
        rows.append(
            [
                f"{count:,} {title}",
                f"{early.memory:.0f}", f"{late.memory:.0f}",
                f"{early.threads}", f"{late.threads}",
                f"{early.files}", f"{late.files}",
            ]
        )  # fmt: skip
        print(" | ".join(rows[-1]), flush=True)
    header = ["one process", "MiB", "at the end", "threads", "at the end", "files", "at the end"]
    write_block("sessions", f"{machine()}\n\n{table(header, rows)}")


def _measured(session: Callable[[int], Iterator[int]], count: int) -> tuple[State, State]:
    """Look at the process after a fifth of a session, and after its end."""
    early = None
    for done in session(count):
        if early is None and done * 5 >= count:
            early = State.now()
    assert early is not None
    return early, State.now()


def _images() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:48, 0:64]
    source = np.stack([3 * x + y, 255 - 2 * x - y, (4 * y) % 200 + x // 2], axis=-1)
    target = x + y + 20 + 90 * ((x // 16 + y // 16) % 2)
    return source.astype(np.uint8), target.astype(np.uint8)


def _runs(count: int) -> Iterator[int]:
    """Train and colour, as a user does who tries settings."""
    source, target = _images()
    for number in range(count):
        colorize(source, target, Settings.from_values(_SMALL | {"seed": number}))
        yield number + 1


def _colorizer() -> Colorizer:
    return train(_images()[0], Settings.from_values(_SMALL))


def _files(count: int) -> Iterator[int]:
    """Colour a folder of images."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "in"
        place.mkdir()
        data = encode_image(_images()[1], ".png")
        for number in range(count):
            (place / f"{number}.png").write_bytes(data)
        yield from _applied(place, Path(folder) / "out", count)


def _pages(count: int) -> Iterator[int]:
    """Colour one stack."""
    with tempfile.TemporaryDirectory() as folder:
        pages = np.stack([np.roll(_images()[1], number, 1) for number in range(count)])
        tifffile.imwrite(Path(folder) / "stack.tif", pages, photometric="minisblack")
        del pages
        yield from _applied(Path(folder) / "stack.tif", Path(folder) / "out", count)


def _applied(place: Path, output: Path, count: int) -> Iterator[int]:
    for progress in apply_files_steps(_colorizer(), [place], output):
        yield progress.done
    assert threading.active_count() < 100


if __name__ == "__main__":
    main()
