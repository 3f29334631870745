"""One measurement: colour one pair in one way, in a process of its own, and score it."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from skimage.io import imsave
from skimage.util import img_as_ubyte

from benchmarks.metrics import score
from benchmarks.pairs import (
    BenchmarkPair,
    folder_pairs,
    full_size_pairs,
    public_pairs,
    relit_pairs,
)
from benchmarks.peers import PEERS

PICTURES = Path(__file__).parent / "measurements" / "pictures"


def picture(row: str, pair: str) -> Path:
    """Where the result of a measurement with seed 0 is kept, for the contact sheet."""
    return PICTURES / f"{row}, {pair}.png"


@dataclass(frozen=True)
class Job:
    """What to measure.

    Attributes
    ----------
    row : str
        The row of the table it belongs to; a peer's name, or anything else for the method.
    pair : str
        Name of a public pair, or of one in `folder`.
    settings : dict
        Settings of the method that differ from its defaults; unused for a peer.
    seed : int
        Of the method.
    folder : str
        Where the pair is, if it is not a public one.
    """

    row: str
    pair: str
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    folder: str = ""


def measure(job: Job) -> dict[str, Any]:
    """Run a job in this process.

    Returns
    -------
    dict
        The job's fields, the metrics of `benchmarks.metrics.Score`, ``seconds`` of colouring
        (imports not counted) and the process's ``peak_mib`` of memory.
    """
    pair = next(pair for pair in _pairs_in(job.folder) if pair.name == job.pair)
    if job.row in PEERS:
        start = time.perf_counter()
        final = PEERS[job.row](pair.source, pair.target)
        seconds = time.perf_counter() - start
    else:
        from napari_oneshot_color import Settings, colorize

        settings = Settings(**{**job.settings, "seed": job.seed})
        start = time.perf_counter()
        final = colorize(pair.source, pair.target, settings).final
        seconds = time.perf_counter() - start
    if job.seed == 0 and not job.folder:
        PICTURES.mkdir(parents=True, exist_ok=True)
        imsave(picture(job.row, job.pair), img_as_ubyte(final), check_contrast=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    metrics = asdict(score(final, pair.truth, pair.source))
    return {**asdict(job), **metrics, "seconds": seconds, "peak_mib": peak_mib}


@lru_cache(maxsize=1)
def _pairs_in(folder: str) -> list[BenchmarkPair]:
    if folder:
        return folder_pairs(Path(folder))
    return [*public_pairs(), *relit_pairs(), *full_size_pairs()]


def measure_beside(jobs: Sequence[Job], workers: int) -> list[dict[str, Any]]:
    """Run jobs in a few processes that each take one after the other, and tell of each.

    Seconds and memory are not those of a job alone then.
    """
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        measurements = []
        for job, found in zip(jobs, pool.map(measure, jobs), strict=True):
            _tell(job, found)
            measurements.append(found)
    return measurements


def measure_all(jobs: Iterable[Job], path: Path) -> list[dict[str, Any]]:
    """Run jobs one after another, each in a fresh process, and keep the measurements in a file.

    A job that the file has already is not run again: a long benchmark can be interrupted and goes
    on where it was.

    Parameters
    ----------
    jobs : iterable of Job
        Their measurements are returned in this order.
    path : Path
        JSON, one measurement a line. Delete it to measure anew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {_key(known): known for known in _lines(path)}
    measurements = []
    for job in jobs:
        key = _key(asdict(job))
        if key not in known:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                known[key] = pool.submit(measure, job).result()
            with path.open("a") as file:
                file.write(json.dumps(known[key]) + "\n")
        found = known[key]
        _tell(job, found)
        measurements.append(found)
    return measurements


def _tell(job: Job, found: dict[str, Any]) -> None:
    print(
        f"{job.row:28} {job.pair:26} seed {job.seed}  {found['psnr']:6.2f} dB  "
        f"dE {found['delta_e_mean']:5.2f}  {found['seconds']:6.1f} s",
        flush=True,
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_text().splitlines():
            yield json.loads(line)


def _key(measurement: dict[str, Any]) -> str:
    parts = [measurement[name] for name in ("row", "pair", "settings", "seed")]
    return json.dumps(parts, sort_keys=True)
