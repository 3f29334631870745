"""Runs with progress bars; Ctrl-C keeps the result."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from napari_oneshot_color.cli.console import err, say
from napari_oneshot_color.errors import OneshotColorError, translated_errors
from napari_oneshot_color.files.decoding import suffix_for
from napari_oneshot_color.files.formats import holds_alpha
from napari_oneshot_color.files.picture import Picture, has_alpha
from napari_oneshot_color.files.writing import check_name, check_writable, make_folder
from napari_oneshot_color.progress import STAGES, Clock, Progress, Steps
from napari_oneshot_color.result.rescue import kept_elsewhere
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import Limits

if TYPE_CHECKING:
    from napari_oneshot_color.pair.prepare import Source
    from napari_oneshot_color.record import Record
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.steering.changes import Steering

__all__ = ["colored_name", "last_good_kept", "run_and_save", "watch"]

T = TypeVar("T")

_LOG_INTERVAL = 5.0  # seconds between lines if there is no terminal
_TITLES = STAGES | {"chunks": "Colouring", "reading": "Reading, MiB"}


def watch(
    steps_of: Callable[[threading.Event], Generator[Progress, None, T]],
    console: Console,
    stopping: str = "finishing with what has been learnt",
) -> T:
    """Run to the end, with progress bars, and return the result.

    The first Ctrl-C sets the stop event, which ends a training and keeps its result; the second
    one quits.

    Parameters
    ----------
    steps_of : callable
        Takes the stop event and returns the run, a generator.
    console : rich.console.Console
        Where to draw.
    stopping : str
        What the first Ctrl-C does, as a message.
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
    steps = Steps(steps_of(stop))
    # before version 15, rich ends disabled bars with an empty line
    with bars if console.is_terminal else nullcontext(), _interruptible(stop, console, stopping):
        for progress in steps:
            is_new = progress.stage not in tasks
            if is_new:
                title = _TITLES[progress.stage]
                tasks[progress.stage] = bars.add_task(title, total=None, left="", losses="")
            if not console.is_terminal and (is_new or log_clock.is_due()):  # lines instead of bars
                say(_line(progress), console)
            bars.update(
                tasks[progress.stage],
                completed=progress.done,
                total=progress.total or None,
                left=_left(progress),
                losses=_losses(progress),
            )
    return steps.result


def _line(progress: Progress) -> str:
    parts = [_TITLES[progress.stage], f"{progress.done}/{progress.total or '?'}"]
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
        say(f"Stopping: {stopping}. Press Ctrl-C again to quit.", console)

    previous = signal.signal(signal.SIGINT, on_first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def colored_name(target: Path) -> str:
    """Return the file name of a target's final image in the target's own format."""
    return f"{target.stem}_colorized{suffix_for(target)}"


@contextmanager
def last_good_kept(place: Path, *, overwrite: bool) -> Iterator[None]:
    """Save the last good colorizer if the training diverges, and add its path to the error.

    Parameters
    ----------
    place : Path
        The file to write; its folder is made. If that fails, the colorizer is saved elsewhere.
    overwrite : bool
        Whether an existing file may be replaced.
    """
    from napari_oneshot_color.training.loop import TrainingDivergedError  # torch takes a while

    try:
        yield
    except TrainingDivergedError as error:
        if error.colorizer is None:
            raise
        try:
            make_folder(place.parent)
            error.colorizer.save(place, overwrite=overwrite)
        except OneshotColorError:
            raise kept_elsewhere(error, error.colorizer) from error
        raise TrainingDivergedError(f"{error} It is in '{place}'.", error.colorizer) from error


def run_and_save(
    sources: list[Source],
    target: Picture,
    settings: Settings,
    output: Path,
    *,
    name: str,
    title: str,
    notes: Sequence[str] = (),
    overwrite: bool = False,
    truth: NDArray[np.float32] | None = None,
    target_limits: Limits | None = None,
    steering: Steering | None = None,
) -> Result:
    """Colour a target with progress bars, write every stage to a folder, and print a summary.

    Parameters
    ----------
    sources, settings, target_limits
        As in `pipeline.colorize_steps`.
    target : Picture
        The target as it was read.
    output : Path
        The folder.
    name : str
        Name of a further file with the final image in the target's own format.
    title : str
        Name of the target.
    notes : sequence of str
        How the images were converted when they were read.
    overwrite, truth
        As in `Result.save`.
    steering : Steering, optional
        Changes to the result before it is written.
    """
    check_name(output / name)
    check_writable(output)
    from napari_oneshot_color.pipeline import colorize_steps
    from napari_oneshot_color.steering.order import steered

    steps_of = partial(
        colorize_steps,
        sources,
        target.pixels,
        settings,
        target_limits=target_limits,
        target_name=title,
    )
    with last_good_kept(output / "last_good.safetensors", overwrite=overwrite):
        result = watch(lambda stop: steps_of(stop=stop), err)
    if has_alpha(target.pixels) and holds_alpha(name):
        notes = (*notes, f"'{name}' keeps the alpha channel of '{title}'.")
    colorizer = result.colorizer
    try:
        with translated_errors():
            if steering is not None:
                result = steered(result, steering)
            record = result.record
            result = replace(result, record=record.replace(notes=(*notes, *record.notes)))
            result.save(output, overwrite=overwrite, truth=truth, name=name, like=target)
    except OneshotColorError as error:
        raise kept_elsewhere(error, colorizer, result) from error
    _report(result.record, output)
    return result


def _report(record: Record, output: Path) -> None:
    for note in record.notes:
        say(note)
    seconds = record.seconds or {}
    trained = "Nothing was trained"
    if record.steps:
        trained = f"Trained {record.steps} steps in {seconds.get('training', 0):.0f} s"
    say(
        f"{trained}, on {record.device}; {sum(seconds.values()):.0f} s in total. "
        f"{record.clipped_fraction or 0:.1%} of the pixels were clipped to sRGB."
    )
    say(f"See {output / 'contact_sheet.png'} and {output / 'final.png'}")
