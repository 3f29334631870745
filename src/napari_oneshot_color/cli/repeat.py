"""The command ``repeat``, which makes a saved result again and compares the two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from napari_oneshot_color.cli.console import say
from napari_oneshot_color.cli.options import LargestMegapixels, Overwrite
from napari_oneshot_color.cli.running import colored_name, run_and_save
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.files.writing import check_folder

__all__ = ["repeat"]


def repeat(
    result: Annotated[Path, typer.Argument(help="A saved result: its folder or its result.json.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the new result.")],
    source: Annotated[
        Optional[list[Path]],  # noqa: UP045 - typer reads this at run time
        typer.Option(
            metavar="FILE",
            help="A source that is neither beside the result nor in the current folder; can be "
            "given several times.",
        ),
    ] = None,
    target: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="The target, if it is in neither of these folders."),
    ] = None,
    hints: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="The hints, if they are in neither of these folders."),
    ] = None,
    device: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Another device to compute on: auto, cpu, cuda or mps."),
    ] = None,
    largest_megapixels: LargestMegapixels = None,
    overwrite: Overwrite = False,
) -> None:
    """Make RESULT again with its own settings, and report whether it is the same, byte for byte.

    First checks that the images are those from which the result was made. The exit code is 1 if
    the final image differs.
    """
    check_folder(output, overwrite=overwrite)
    from napari_oneshot_color import repeating  # torch takes a while to import
    from napari_oneshot_color.record import read_record

    record = read_record(result)
    sources, grey, steering = repeating.find_inputs(record, source or [], target, hints)
    settings = record.settings if device is None else record.settings.replace(device=device)
    again = run_and_save(
        sources,
        Picture(grey, Description(name=record.target.name)),
        settings,
        output,
        name=colored_name(Path(record.target.name)),
        title=record.target.name,
        overwrite=overwrite,
        target_limits=record.target.limits,
        steering=steering,
    )
    lines = repeating.differences(record, again)
    for line in lines or ["The same, byte for byte."]:
        say(line)
    if lines:
        raise typer.Exit(1)
