"""The commands ``colorize`` and ``demo``, which colour a target and write every stage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import numpy as np
import typer
from numpy.typing import NDArray

from napari_oneshot_color.cli.options import (
    FadeAbove,
    HintsFile,
    LargestMegapixels,
    MoreSources,
    Overwrite,
    SourceLimits,
    Weights,
    at_scale,
    read_sources,
    recorded_limits,
    settings_from,
    settings_options,
)
from napari_oneshot_color.cli.running import colored_name, run_and_save
from napari_oneshot_color.errors import BadPairError, BadSettingsError
from napari_oneshot_color.files.decoding import decode, read_image
from napari_oneshot_color.files.formats import as_float
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.files.writing import check_folder
from napari_oneshot_color.settings import Settings
from napari_oneshot_color.types import AnyArray

if TYPE_CHECKING:
    from napari_oneshot_color.steering.changes import Steering

__all__ = ["colorize", "demo"]


@settings_options
def colorize(
    source: Annotated[Path, typer.Argument(help="The colour example, an image.")],
    target: Annotated[Path, typer.Argument(help="The grey image to colour.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for all stages and result.json."),
    ],
    truth: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option(help="The target's true colours, to be shown beside the result."),
    ] = None,
    source_limits: SourceLimits = None,
    target_limits: Annotated[
        Optional[tuple[float, float]],  # noqa: UP045
        typer.Option(metavar="LOW HIGH", help="The target values that become black and white."),
    ] = None,
    also: MoreSources = None,
    weight: Weights = None,
    hints: HintsFile = None,
    fade: FadeAbove = None,
    largest_megapixels: LargestMegapixels = None,
    overwrite: Overwrite = False,
    **values: Any,
) -> None:
    """Colour TARGET from SOURCE and write every stage to a folder."""
    settings = at_scale(settings_from(values), source, target, values)
    check_folder(output, overwrite=overwrite)
    picture = decode(target)
    grey, about = picture.pixels, picture.about
    sources, notes = read_sources(source, also, weight, source_limits, values)
    run_and_save(
        sources,
        picture,
        settings,
        output,
        overwrite=overwrite,
        truth=None if truth is None else _read_truth(truth, grey),
        target_limits=about.limits(target_limits, grey.dtype) or recorded_limits(values, grey),
        name=colored_name(target),
        title=target.name,
        notes=(*notes, *about.notes),
        steering=_steering(hints, fade, grey, settings),
    )


@settings_options
def demo(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for all stages and result.json."),
    ] = Path("oneshot-color-demo"),
    overwrite: Overwrite = False,
    **values: Any,
) -> None:
    """Colour the bundled motorcycle: left view in colour, right view in grey."""
    from napari_oneshot_color.pair import samples  # torch takes a while to import
    from napari_oneshot_color.pair.prepare import Source

    settings = settings_from(values)
    check_folder(output, overwrite=overwrite)
    pair = samples.stereo_motorcycle()
    run_and_save(
        [Source(pair.source, samples.DEMO[0])],
        Picture(pair.target, Description()),
        settings,
        output,
        overwrite=overwrite,
        truth=as_float(pair.truth),
        name=colored_name(Path(samples.DEMO[1])),
        title=samples.DEMO[1],
    )


def _steering(
    hints: Path | None, fade: float | None, target: AnyArray, settings: Settings
) -> Steering:
    """Read and check hints and fading, before the training starts."""
    from napari_oneshot_color.pair.hints import read_hints
    from napari_oneshot_color.steering.changes import Steering

    if fade is not None and not settings.looks_at_source:
        raise BadSettingsError(
            "These settings give no uncertainty, so --fade cannot be used. Choose the preset "
            "'best', or leave out --fade."
        )
    found = None if hints is None else read_hints(hints)
    if found is not None:
        found.check_size(target.shape[:2])
    return Steering(hints=found, threshold=fade)


def _read_truth(path: Path, target: AnyArray) -> NDArray[np.float32]:
    image = read_image(path)
    if image.shape[:2] != target.shape[:2] or image.ndim != 3 or image.dtype.kind != "u":
        raise BadPairError("The truth must be a colour image of the target's size, 8 or 16 bit.")
    return as_float(image[..., :3])
