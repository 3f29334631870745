"""The command ``train``, which writes a colorizer file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from napari_oneshot_color.cli.console import err, say
from napari_oneshot_color.cli.options import (
    LargestMegapixels,
    MoreSources,
    SourceLimits,
    Weights,
    at_scale,
    read_sources,
    settings_from,
    settings_options,
)
from napari_oneshot_color.cli.running import last_good_kept, watch
from napari_oneshot_color.errors import BadFileError, BadPairError, OneshotColorError
from napari_oneshot_color.files import places
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.writing import check_name, check_writable, make_folder
from napari_oneshot_color.result.rescue import kept_elsewhere
from napari_oneshot_color.settings import Settings

__all__ = ["train"]


@settings_options
def train(
    source: Annotated[Path, typer.Argument(help="The colour example, an image.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write, such as mine.safetensors.")
    ],
    target: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Argument(
            help="A grey image or stack to colour later; it is checked before the training."
        ),
    ] = None,
    also: MoreSources = None,
    source_limits: SourceLimits = None,
    weight: Weights = None,
    largest_megapixels: LargestMegapixels = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Allow an existing file to be replaced.")
    ] = False,
    **values: Any,
) -> None:
    """Train a colorizer on SOURCE and write it to a file, for the command 'apply'."""
    settings = settings_from(values)
    if places.is_folder(output):
        raise BadFileError(f"'{output}' is a folder. Name a file, such as mine.safetensors.")
    if places.is_there(output) and not overwrite:
        raise BadFileError(f"'{output}' exists already. Choose another name, or add --overwrite.")
    check_name(output)
    sources, notes = read_sources(source, also, weight, source_limits, values)
    shape = None
    if target is not None:
        shape = _checked_shape(target, settings)
        settings = at_scale(settings, source, target, values)
    make_folder(output.parent)
    check_writable(output.parent)
    from napari_oneshot_color.pipeline import training_steps  # torch takes a while to import

    steps_of = partial(training_steps, sources, settings, target_shape=shape)
    kept = output.with_name(f"{output.stem}_last_good{output.suffix}")
    with last_good_kept(kept, overwrite=overwrite):
        colorizer = watch(lambda stop: steps_of(stop=stop), err)
    try:
        colorizer.save(output, overwrite=overwrite)
    except OneshotColorError as error:
        raise kept_elsewhere(error, colorizer) from error
    for note in (*notes, *colorizer.record.notes):
        say(note)
    steps = colorizer.record.steps
    trained = f"Trained {steps} steps on {colorizer.device}" if steps else "Nothing was trained"
    say(f"{trained}; the colorizer is in {output}")


def _checked_shape(path: Path, settings: Settings) -> tuple[int, ...]:
    """Check that a target can be coloured; return its height and width."""
    from napari_oneshot_color.batch.targets import Target
    from napari_oneshot_color.pair.problems import stack_problem, target_problem

    stack = Target(path).open_stack()
    if stack is not None:
        problem, shape = stack_problem(stack, settings), stack.shape[-2:]
    else:
        image = read_image(path)
        problem, shape = target_problem(image, settings), image.shape[:2]
    if problem:
        raise BadPairError(problem)
    return tuple(shape)
