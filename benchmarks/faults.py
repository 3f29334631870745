"""A campaign of faults: nothing may end in a traceback, a hang or an eaten machine.

Run ``python -m benchmarks.faults --minutes 10`` in the repository's root, on Linux or macOS. First
come all faults that were made by hand, then ones by chance, until the time is over; it ends with
"0 of N fell", or lists those that did. Every case runs the program in a child process with a limit
for its time and its memory, in a folder that is removed. ``--kind images`` takes one kind alone,
and ``--case NAME`` one case, whose words are printed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

from benchmarks.fault_kinds import KINDS, Case, Kind

SECONDS = 20.0  # of the processor, for one case
_PATIENCE = 4  # times as long by the clock: others may be at work
MEMORY = 2**30  # bytes for one case, beyond what this process had when it forked
_FALLEN = 70  # exit code of a child in which something else than a sentence came
_LOOKS = 0.02  # seconds between two looks at the children
_TAIL = 4000  # letters of what a case said


@dataclass
class Child:
    """A case under way."""

    case: Case
    pid: int
    folder: Path
    began: float
    limit: float
    peak: int = 0

    @property
    def said(self) -> str:
        """What it wrote."""
        return (self.folder / "said").read_text(errors="replace")

    def takes(self, memory: int) -> None:
        """Note how much memory it has, in bytes, beyond what it was born with."""
        born_with = self.folder / "born with"
        if born_with.exists():
            self.peak = max(self.peak, memory - int(born_with.read_text() or memory))


@dataclass(frozen=True)
class Verdict:
    """What became of a case: held, if `why` is empty. The case itself is let go, with its data."""

    kind: str
    name: str
    why: str
    seconds: float
    peak: int
    said: str = ""


def main() -> int:
    """Run the campaign; exit code 1 if anything fell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=sorted(KINDS), action="append")
    parser.add_argument("--case")
    parser.add_argument("--beside", type=int, default=os.cpu_count() or 1, help="Cases at once.")
    asked = parser.parse_args()
    kinds = {name: KINDS[name] for name in asked.kind or KINDS}
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        shared = Path(folder) / "shared"
        shared.mkdir()
        _in_child_of_its_own(shared)
        os.environ["FAULTS_SHARED"] = str(shared)
        cases = _cases(kinds, asked.seed)
        if asked.case:
            cases = (case for case in cases if case.name == asked.case)
            cases = islice(cases, 1)
        _warm()
        verdicts = list(
            _run(cases, Path(folder), time.monotonic() + 60 * asked.minutes, asked.beside)
        )
    if asked.case:
        print(verdicts[0].said)
    return _report(verdicts)


def _cases(kinds: dict[str, Kind], seed: int) -> Iterator[Case]:
    """All by hand, then by chance, one of each kind in turn."""
    for kind in kinds.values():
        yield from kind.by_hand()
    number = 0
    drawn = {name: kind.by_chance for name, kind in kinds.items() if kind.by_chance is not None}
    while drawn:
        for name, draw in drawn.items():
            chance = random.Random(f"{seed} {name} {number}")
            yield draw(chance, f"{name}-{seed}-{number}")
        number += 1


def _in_child_of_its_own(shared: Path) -> None:
    """Make what cases share; torch's threads stay out of the process that forks."""
    pid = os.fork()
    if pid == 0:
        try:
            from benchmarks.fault_kinds import make_shared

            make_shared(shared)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise SystemExit("What the cases share could not be made.")


def _warm() -> None:
    """Import what a case needs, so that its time is its own."""
    import torch
    import zarr  # noqa: F401

    import napari_oneshot_color.batch.run
    import napari_oneshot_color.cli
    import napari_oneshot_color.repeating
    import napari_oneshot_color.result.pictures
    import napari_oneshot_color.steering.order  # noqa: F401

    torch.set_num_threads(1)


def _run(cases: Iterator[Case], folder: Path, until: float, beside: int) -> Iterator[Verdict]:
    children: list[Child] = []
    number, is_over = 0, False
    while children or not is_over:
        while not is_over and len(children) < beside:
            case = next(cases, None)
            if case is None or (time.monotonic() > until and not case.is_by_hand):
                is_over = True
                break
            number += 1
            children.append(_start(case, folder / str(number)))
        time.sleep(_LOOKS)
        for child in list(children):
            verdict = _looked_at(child)
            if verdict is not None:
                children.remove(child)
                _removed(child.folder)
                if verdict.why:
                    print(f"{verdict.kind}: {verdict.name}: {verdict.why}", flush=True)
                yield verdict


def _start(case: Case, folder: Path) -> Child:
    folder.mkdir()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Child(case, pid, folder, time.monotonic(), case.seconds or SECONDS)
    os.setsid()
    try:
        (folder / "born with").write_text(str(psutil.Process().memory_info().rss))
        with open(folder / "said", "wb") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        place = folder / "here"
        place.mkdir()
        os.chdir(place)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        case.run(place)
        code = 0
    except BaseException:
        traceback.print_exc()
        code = _FALLEN
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _looked_at(child: Child) -> Verdict | None:
    """Say what became of a child, or None while it is at work within its limits."""
    seconds = time.monotonic() - child.began
    pid, status, usage = os.wait4(child.pid, os.WNOHANG)
    why = ""
    if pid:
        factor = 1 if sys.platform == "darwin" else 1024
        child.takes(usage.ru_maxrss * factor)
        if os.WIFSIGNALED(status):
            why = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        elif os.WEXITSTATUS(status):
            why = (child.said.strip().splitlines() or ["an error without a word"])[-1][:200]
    else:
        try:
            process = psutil.Process(child.pid)
            child.takes(process.memory_info().rss)
            worked = sum(process.cpu_times()[:4])
        except psutil.Error:
            return None
        if worked > child.limit or seconds > _PATIENCE * child.limit:
            why = f"not done after {seconds:.0f} s, {worked:.0f} s of the processor"
        elif child.peak <= MEMORY:
            return None
        os.killpg(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
    if child.peak > MEMORY:
        why = f"took {child.peak / 2**30:.1f} GiB"
    if not why and "Traceback" in child.said:
        why = "a traceback"
    if not why and "failed on the device" in child.said:
        why = "laid at the device's door: " + child.said.strip().splitlines()[-1][:150]
    return Verdict(child.case.kind, child.case.name, why, seconds, child.peak, child.said[-_TAIL:])


def _removed(folder: Path) -> None:
    for place, folders, _ in os.walk(folder):
        for name in folders:
            if not (Path(place) / name).is_symlink():
                (Path(place) / name).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _report(verdicts: list[Verdict]) -> int:
    print(f"\n{'kind':<12} {'cases':>6} {'fell':>5} {'longest':>9} {'most memory':>12}")
    for kind in dict.fromkeys(verdict.kind for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.kind == kind]
        fell = sum(bool(verdict.why) for verdict in own)
        longest, peak = max(one.seconds for one in own), max(one.peak for one in own)
        print(f"{kind:<12} {len(own):>6} {fell:>5} {longest:>7.1f} s {peak / 2**20:>8.0f} MiB")
    fallen = [verdict for verdict in verdicts if verdict.why]
    print(f"\n{len(fallen)} of {len(verdicts)} fell.")
    return int(bool(fallen))


if __name__ == "__main__":
    sys.exit(main())
