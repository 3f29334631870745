"""The commands ``train``, which makes a colorizer's file, and ``apply``, which uses it."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from rich.console import Console

from napari_oneshot_color.cli_options import (
    MoreSources,
    Weights,
    at_scale,
    read_sources,
    settings_from,
    settings_options,
)
from napari_oneshot_color.cli_progress import watch
from napari_oneshot_color.errors import (
    BadFileError,
    BadPairError,
    DeviceError,
    TrainingDivergedError,
)
from napari_oneshot_color.files import make_folder, read_image
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from napari_oneshot_color.applying import Summary

__all__ = ["apply", "train"]

_out = Console(soft_wrap=True, highlight=False)
_err = Console(soft_wrap=True, highlight=False, stderr=True)

_PATIENCE = 20  # seconds that a scheduler has to answer


@settings_options
def train(
    source: Annotated[Path, typer.Argument(help="The colour example: PNG, JPEG or TIFF.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The colorizer's file, such as mine.safetensors.")
    ],
    target: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Argument(help="A grayscale image or stack it is for, to be checked before."),
    ] = None,
    also: MoreSources = None,
    weight: Weights = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Allow replacing a file that is there.")
    ] = False,
    **values: Any,
) -> None:
    """Train a colorizer on SOURCE and write it to a file, for 'apply'."""
    settings = settings_from(values)
    if output.is_dir():
        raise BadFileError(f"'{output}' is a folder. Name a file, such as mine.safetensors.")
    if output.exists() and not overwrite:
        raise BadFileError(f"'{output}' exists already. Choose another name, or --overwrite it.")
    sources = read_sources(source, also, weight)
    shape = None
    if target is not None:
        shape = _checked_shape(target, settings)
        settings = at_scale(settings, source, target, values)
    make_folder(output.parent)
    from napari_oneshot_color.pipeline import training_steps  # torch takes a while to import

    steps_of = partial(training_steps, sources, settings, target_shape=shape)
    try:
        colorizer = watch(lambda stop: steps_of(stop=stop), _err)
    except TrainingDivergedError as error:
        if error.colorizer is not None:
            kept = output.with_name(f"{output.stem}_last_good{output.suffix}")
            error.colorizer.save(kept, overwrite=overwrite)
            raise TrainingDivergedError(f"{error} It is in '{kept}'.", error.colorizer) from error
        raise
    colorizer.save(output, overwrite=overwrite)
    for note in colorizer.provenance["notes"]:
        _out.print(note, markup=False)
    steps = colorizer.provenance["steps"]
    trained = f"Trained {steps} steps on {colorizer.device}" if steps else "Nothing was trained"
    _out.print(f"{trained}; the colorizer is in {output}", markup=False)


def apply(
    model: Annotated[Path, typer.Argument(help="The colorizer's file, as 'train' wrote it.")],
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET",
            help="Grayscale images (PNG, JPEG, TIFF), TIFF stacks, zarr, OME-Zarr, folders of "
            "them, or patterns such as 'scans/*.tif'.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder for the results; for one target also a name.zarr."
        ),
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was interrupted.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Allow replacing results that are there.")
    ] = False,
    target_limits: Annotated[
        Optional[tuple[float, float]],  # noqa: UP045
        typer.Option(metavar="LOW HIGH", help="Values of the targets that are black and white."),
    ] = None,
    scheduler: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="ADDRESS",
            help="A dask cluster that colours stacks, such as tcp://10.0.0.1:8786. Its workers "
            "must see the files under the same names; each computes on the best device it has.",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where to compute: auto, cpu, cuda, cuda:1, mps.")
    ] = "auto",
) -> None:
    """Colour TARGETs with the colorizer in MODEL, one file or thousands; stacks too."""
    if resume and overwrite:
        raise typer.BadParameter("Give either --resume or --overwrite, not both.")
    paths = [path for target in targets for path in _matching(target)]
    from napari_oneshot_color.applying import apply_files_steps  # torch takes a while to import
    from napari_oneshot_color.colorizer import Colorizer

    colorizer = Colorizer.load(model, device=device)
    with _cluster(scheduler) as client:
        steps_of = partial(
            apply_files_steps,
            colorizer,
            paths,
            output,
            limits=target_limits,
            resume=resume,
            overwrite=overwrite,
            client=client,
        )
        summary = watch(lambda stop: steps_of(stop=stop), _err, "what is finished is kept")
    _report(summary, output)


def _checked_shape(path: Path, settings: Settings) -> tuple[int, ...]:
    """Make sure that a target can be coloured; return its height and width."""
    from napari_oneshot_color.image_problems import stack_problem, target_problem
    from napari_oneshot_color.targets import Target

    stack = Target(path).open_stack()
    if stack is not None:
        problem, shape = stack_problem(stack.data, settings), stack.data.shape[-2:]
    else:
        image = read_image(path)
        problem, shape = target_problem(image, settings), image.shape[:2]
    if problem:
        raise BadPairError(problem)
    return tuple(shape)


def _matching(target: str) -> Sequence[Path]:
    """List what a pattern stands for, where the shell has not done it."""
    path = Path(target)
    if path.exists() or not glob.has_magic(target):
        return [path]
    found = sorted(glob.glob(target, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise BadFileError(f"Nothing matches '{target}'. Look for a slip in the name.")
    return [Path(name) for name in found]


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Connect to a dask cluster; None without an address."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise DeviceError(
            "For --scheduler, dask's cluster part is needed: "
            'pip install "napari-oneshot-color[cluster]".'
        ) from error
    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, ValueError, ImportError) as error:
        raise DeviceError(
            f"No dask scheduler answers at '{address}'. Start one, or look for a slip in the "
            "address; it looks like tcp://10.0.0.1:8786."
        ) from error
    with client:
        if not client.nthreads():
            raise DeviceError(f"The cluster at '{address}' has no workers. Start some.")
        yield client


def _report(summary: Summary, output: Path) -> None:
    """Say what became of the targets, and end the program as that deserves."""
    for path, sentence in summary.failed:
        _err.print(f"'{path}' was not coloured. {sentence}", markup=False)
    parts = [f"{len(summary.done)} coloured"]
    parts += [f"{len(summary.skipped)} there already"] * bool(summary.skipped)
    parts += [f"{len(summary.failed)} failed"] * bool(summary.failed)
    _out.print(f"{', '.join(parts)}. The results are in {output}", markup=False)
    if summary.stopped:
        _err.print("Stopped before the end. Run it again with --resume to go on.")
        raise typer.Exit(130)
    if summary.failed:
        raise typer.Exit(1)
