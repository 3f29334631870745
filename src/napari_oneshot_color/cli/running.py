"""Progress bars for the command line, and Ctrl-C that keeps the result."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from napari_oneshot_color.progress import Clock, Progress

__all__ = ["watch"]

T = TypeVar("T")

_LOG_INTERVAL = 5.0  # seconds between lines where there is no terminal
_TITLES = {
    "training": "Training",
    "tiles": "Colouring tiles",
    "regions": "Quickshift",
    "final": "Joining in LAB",
    "chunks": "Colouring",
}


def watch(
    steps_of: Callable[[threading.Event], Generator[Progress, None, T]],
    console: Console,
    stopping: str = "finishing with what was learnt",
) -> T:
    """Iterate a run under progress bars.

    The first Ctrl-C sets the stop event, which ends a training and keeps its result; a second one
    quits.

    Parameters
    ----------
    steps_of : callable
        Takes the stop event and returns the run.
    console : rich.console.Console
        Where to draw.
    stopping : str
        What the first Ctrl-C is answered with.
    """
    stop = threading.Event()
    bars = Bars(
        TextColumn("{task.description:<15}"),
        BarColumn(bar_width=7),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[losses]}"),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, TaskID] = {}
    log_clock = Clock(interval=_LOG_INTERVAL)
    steps = steps_of(stop)
    with bars, _interruptible(stop, console, stopping):
        while True:
            try:
                progress = next(steps)
            except StopIteration as finished:
                result: T = finished.value
                return result
            is_new = progress.stage not in tasks
            if is_new:
                title = _TITLES[progress.stage]
                tasks[progress.stage] = bars.add_task(title, total=None, left="", losses="")
            if not console.is_terminal and (is_new or log_clock.is_due()):  # a file has no bars
                console.print(_line(progress), markup=False)
            bars.update(
                tasks[progress.stage],
                completed=progress.done,
                total=progress.total,
                left=_left(progress),
                losses=_losses(progress),
            )


def _line(progress: Progress) -> str:
    parts = [_TITLES[progress.stage], f"{progress.done}/{progress.total}"]
    return "  ".join(filter(None, [*parts, _left(progress), _losses(progress)]))


def _left(progress: Progress) -> str:
    if progress.seconds_left is None:
        return ""
    minutes, seconds = divmod(round(progress.seconds_left), 60)
    return f"{minutes}:{seconds:02d} left"


def _losses(progress: Progress) -> str:
    losses = progress.losses
    if losses is None:
        return ""
    if losses.is_one:
        return f"epoch {progress.epoch} error of a*, b* {losses.reconstruction:.1f}"
    return (
        f"epoch {progress.epoch} D {losses.discriminator:.3f} G {losses.generator:.1f} "
        f"CE {losses.cross_entropy:.2f}"
    )


@contextmanager
def _interruptible(stop: threading.Event, console: Console, stopping: str) -> Iterator[None]:
    def on_first(signum: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        console.print(f"Stopping: {stopping}. Press Ctrl-C again to quit.")

    previous = signal.signal(signal.SIGINT, on_first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
