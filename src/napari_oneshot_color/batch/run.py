"""Applies a colorizer to files: images, TIFF stacks, zarr, and folders of them."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from napari_oneshot_color.batch.journal import NAME, Journal
from napari_oneshot_color.batch.one_target import Batch, partial_store
from napari_oneshot_color.batch.targets import Target, expanded
from napari_oneshot_color.batch.total import Total
from napari_oneshot_color.colorizer.colorizer import Colorizer
from napari_oneshot_color.errors import BadFileError, OneshotColorError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.checksums import ChecksumBeside
from napari_oneshot_color.files.decoding import decode
from napari_oneshot_color.files.formats import WRITABLE
from napari_oneshot_color.files.writing import (
    check_name,
    check_writable,
    only_writer,
    remove_leftovers,
)
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.progress import Progress
from napari_oneshot_color.stacks.stored import as_stack
from napari_oneshot_color.stacks.zarr_store import is_complete
from napari_oneshot_color.types import Limits

__all__ = ["Summary", "apply_files_steps"]


@dataclass(frozen=True)
class Summary:
    """The outcome of a run over files.

    Attributes
    ----------
    done, skipped : tuple of Path
        Outputs that were written, and outputs that an earlier run had finished.
    failed : tuple of tuple
        Targets that could not be coloured, each with the reason.
    stopped : bool
        Whether the run was stopped before the end.
    passed_over : tuple of Path
        Files in the folders that are not readable images.
    notes : tuple of tuple
        Targets, each with a sentence about how it was converted.
    """

    done: tuple[Path, ...] = ()
    skipped: tuple[Path, ...] = ()
    failed: tuple[tuple[Path, str], ...] = ()
    stopped: bool = False
    passed_over: tuple[Path, ...] = ()
    notes: tuple[tuple[Path, str], ...] = ()


def apply_files_steps(
    colorizer: Colorizer,
    targets: Sequence[Path],
    output: Path,
    *,
    limits: Limits | None = None,
    luminance: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    stop: threading.Event | None = None,
    client: Any = None,
    keys: Mapping[int, Path] | None = None,
) -> Generator[Progress, None, Summary]:
    """Colour files with a trained colorizer, step by step.

    ``scan.tif`` becomes ``scan_colorized.tif`` in the output folder, in the target's own format and
    depth. Stacks are never read whole. The same targets give the same bytes, whether the run
    was interrupted and resumed or not.

    Parameters
    ----------
    colorizer : Colorizer
        Trained here or read from a file.
    targets : sequence of Path
        Grey images, TIFF stacks, zarr, and folders, which stand for the files in them.
    output : Path
        The folder; or, for one target, a name that ends in ``.zarr``.
    limits : tuple of float, optional
        Values that become 0 and 1 in all targets; None chooses limits for each target.
    luminance : bool
        Whether to use the luminance of targets in colour, such as toned prints.
    resume : bool
        Whether to continue an interrupted run: finished outputs with unchanged targets are
        skipped.
    overwrite : bool
        Whether existing outputs may be replaced.
    stop : threading.Event, optional
        Ends the run soon when set; it can be resumed.
    client : distributed.Client, optional
        Client of a cluster that colours stacks; single images are coloured here.
    keys : mapping of int to Path, optional
        Images of slices of the one target in colour, by the slice's number, counted from 0.

    Yields
    ------
    Progress
        About ten times a second, with stage ``chunks``, where a single image counts as one; or
        with stage ``reading`` while only a target's checksum is missing.

    Returns
    -------
    Summary
        The outcome. Targets that cannot be coloured are listed there; the others are coloured.

    Raises
    ------
    BadFileError
        Before anything starts, if a target is missing, two targets would have the same output, an
        output exists and may not be replaced, the options differ from those of the run to resume,
        another run is writing to the folder, or it cannot be written; or if there are keys and
        several targets, or a key cannot be read.
    """
    images = {
        number: Source(decode(path).pixels, path.name) for number, path in (keys or {}).items()
    }
    run = Batch(
        colorizer, limits, stop or threading.Event(), client, luminance=luminance, keys=images
    )
    if output.suffix.lower() == ".zarr":
        return (
            yield from _to_zarr(
                run, targets, output, luminance=luminance, resume=resume, overwrite=overwrite
            )
        )
    check_name(output)
    if places.is_file(output) or (
        output.suffix.lower() in WRITABLE and not places.is_there(output)
    ):
        raise BadFileError(
            f"'{output}' is the name of a file. Name a folder for the results, or one that ends in "
            "'.zarr' for a single one."
        )
    found = expanded(targets, output)
    if keys and len(found.targets) != 1:
        raise BadFileError(
            f"Keys are slices of one stack, and there are {len(found.targets)} targets. Colour the "
            "stacks one by one, each with its own keys."
        )
    jobs = [(target, output / target.output_name) for target in found.targets]
    journal = Journal(output, run.options)
    _check(jobs, journal, resume=resume, overwrite=overwrite)
    check_writable(output)
    with only_writer(output / NAME):
        remove_leftovers(output, {NAME, *(place.name for _, place in jobs)})
        summary = yield from _to_folder(run, jobs, journal, resume=resume)
    return replace(
        summary,
        failed=(*found.unreadable, *summary.failed),
        passed_over=found.passed_over,
        notes=(*found.same, *run.notes),
    )


def _to_folder(
    run: Batch, jobs: list[tuple[Target, Path]], journal: Journal, *, resume: bool
) -> Generator[Progress, None, Summary]:
    """Colour each target into its own file or store."""
    journal.begin(
        (place.name, target.path.name)
        for target, place in jobs
        if not (resume and journal.is_known(place.name))
    )
    total = Total([target.chunk_count() for target, _ in jobs])
    done: list[Path] = []
    skipped: list[Path] = []
    failed: list[tuple[Path, str]] = []
    yield total.progress()
    for target, place in jobs:
        try:
            check_name(place)
            with ChecksumBeside(target.files) as checksum:
                if resume and (yield from _is_finished(journal, place, checksum, run.stop)):
                    skipped.append(place)
                    total.skip()
                else:
                    steps = run.color(target, place, checksum, resume=resume)
                    is_written = yield from total.over_all(steps)
                    sha256 = (yield from checksum.waited(run.stop)) if is_written else None
                    if sha256 is None:
                        break
                    journal.finish(place.name, target.path.name, sha256, _size_of(place))
                    done.append(place)
            _remove(partial_store(place))
        except OneshotColorError as error:
            failed.append((target.path, str(error)))
        total.end()
        yield total.progress()
    is_stopped = len(done) + len(skipped) + len(failed) < len(jobs)
    return Summary(tuple(done), tuple(skipped), tuple(failed), is_stopped)


def _is_finished(
    journal: Journal, place: Path, checksum: ChecksumBeside, stop: threading.Event
) -> Generator[Progress, None, bool]:
    """Return whether an earlier run finished an output from the same target."""
    if not (journal.is_known(place.name) and _is_there(place)):
        return False
    sha256 = yield from checksum.waited(stop)
    return sha256 is not None and journal.is_finished(place.name, sha256, _size_of(place))


def _to_zarr(
    run: Batch,
    targets: Sequence[Path],
    output: Path,
    *,
    luminance: bool,
    resume: bool,
    overwrite: bool,
) -> Generator[Progress, None, Summary]:
    """Colour one target directly into the zarr store that the user named."""
    found = expanded(targets, output).targets
    if len(found) != 1:
        raise BadFileError(
            f"'{output}' can hold one target, and there are {len(found)}. Name a folder instead."
        )
    [target] = found
    check_writable(output.parent)
    path = target.path
    stack = target.open_stack(luminance=luminance) or as_stack(decode(path), luminance=luminance)
    was_complete = is_complete(output)
    with ChecksumBeside(target.files) as checksum:
        is_written = yield from run.color_stack(
            stack, output, path, checksum, resume=resume, overwrite=overwrite
        )
    if not is_written:
        return Summary(stopped=True)
    notes = tuple(run.notes)
    if resume and was_complete:
        return Summary(skipped=(output,), notes=notes)
    return Summary(done=(output,), notes=notes)


def _check(
    jobs: list[tuple[Target, Path]], journal: Journal, *, resume: bool, overwrite: bool
) -> None:
    """Check, before anything is written, that no outputs would be replaced or mixed up."""
    names: dict[Path, Target] = {}
    for target, place in jobs:
        if place in names:
            raise BadFileError(
                f"'{names[place].path}' and '{target.path}' would both become '{place.name}'. "
                "Colour them into different folders."
            )
        names[place] = target
        if resume and journal.is_foreign(place.name):
            raise BadFileError(
                f"'{place}' was begun with another colorizer, other limits or keys, or another "
                "version of this program. Resume with the same, or choose another folder."
            )
        if overwrite:
            continue
        if journal.is_known(place.name) and not resume:
            raise BadFileError(
                f"'{place}' was begun by an earlier run. Resume it, allow overwriting, or choose "
                "another folder."
            )
        if os.path.lexists(place) and not journal.is_known(place.name):
            raise BadFileError(
                f"'{place}' exists already. Choose another folder, or allow overwriting."
            )


def _is_there(place: Path) -> bool:
    return is_complete(place) if place.suffix == ".zarr" else places.is_file(place)


def _size_of(place: Path) -> int | None:
    found = places.status(place)
    return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None


def _remove(folder: Path) -> None:
    if places.is_there(folder):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise BadFileError(
                f"'{folder}' cannot be removed: {error.strerror or error}. Remove it by hand."
            ) from error
