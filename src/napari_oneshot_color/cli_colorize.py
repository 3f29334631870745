"""The commands ``colorize`` and ``demo``: a pair in, every stage out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from napari_oneshot_color.cli_options import (
    FadeAbove,
    HintsFile,
    MoreSources,
    Overwrite,
    Weights,
    at_scale,
    read_sources,
    recorded_limits,
    settings_from,
    settings_options,
)
from napari_oneshot_color.cli_progress import watch
from napari_oneshot_color.errors import BadPairError, BadSettingsError, TrainingDivergedError
from napari_oneshot_color.files import (
    READABLE,
    AnyArray,
    as_float,
    check_folder,
    make_folder,
    read_image,
)
from napari_oneshot_color.settings import Settings

if TYPE_CHECKING:
    from napari_oneshot_color.pair import Source
    from napari_oneshot_color.repeating import Steering
    from napari_oneshot_color.result import Result

__all__ = ["colorize", "demo", "run_and_save"]

_out = Console(soft_wrap=True, highlight=False)
_err = Console(soft_wrap=True, highlight=False, stderr=True)


@settings_options
def colorize(
    source: Annotated[Path, typer.Argument(help="The colour example: PNG, JPEG or TIFF.")],
    target: Annotated[Path, typer.Argument(help="The grayscale image: PNG, JPEG or TIFF.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for every stage, pictures and JSON.")
    ],
    truth: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads this at run time
        typer.Option(help="The target's true colours, to show beside the result."),
    ] = None,
    target_limits: Annotated[
        Optional[tuple[float, float]],  # noqa: UP045
        typer.Option(metavar="LOW HIGH", help="Values of the target that are black and white."),
    ] = None,
    also: MoreSources = None,
    weight: Weights = None,
    hints: HintsFile = None,
    fade: FadeAbove = None,
    overwrite: Overwrite = False,
    **values: Any,
) -> None:
    """Colour TARGET from SOURCE and write every stage to a folder."""
    settings = at_scale(settings_from(values), source, target, values)
    check_folder(output, overwrite=overwrite)
    grey = read_image(target)
    run_and_save(
        read_sources(source, also, weight),
        grey,
        settings,
        output,
        overwrite=overwrite,
        truth=None if truth is None else _read_truth(truth, grey),
        target_limits=target_limits or recorded_limits(values, grey),
        name=target.name,
        steering=_steering(hints, fade, grey, settings),
    )


@settings_options
def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for every stage, pictures and JSON.")
    ] = Path("oneshot-color-demo"),
    overwrite: Overwrite = False,
    **values: Any,
) -> None:
    """Colour the bundled motorcycle: left view in colour, right view in grey."""
    from napari_oneshot_color import samples  # torch takes a while to import
    from napari_oneshot_color.pair import Source

    settings = settings_from(values)
    check_folder(output, overwrite=overwrite)
    pair = samples.stereo_motorcycle()
    run_and_save(
        [Source(pair.source, samples.DEMO[0])],
        pair.target,
        settings,
        output,
        overwrite=overwrite,
        truth=as_float(pair.truth),
        name=samples.DEMO[1],
    )


def run_and_save(
    sources: list[Source],
    target: AnyArray,
    settings: Settings,
    output: Path,
    *,
    name: str,
    overwrite: bool = False,
    truth: NDArray[np.float32] | None = None,
    target_limits: tuple[float, float] | None = None,
    steering: Steering | None = None,
) -> Result:
    """Colour a target under progress bars, write every stage to a folder, and say where.

    Parameters
    ----------
    sources, target, settings, target_limits
        As in `pipeline.colorize_steps`.
    output : Path
        The folder.
    name : str
        Of the target's file; the final image is written in its format, too.
    overwrite, truth
        As in `Result.save`.
    steering : Steering, optional
        What to do to the result before it is written.
    """
    from napari_oneshot_color.pipeline import colorize_steps
    from napari_oneshot_color.repeating import steered

    steps_of = partial(
        colorize_steps,
        sources,
        target,
        settings,
        target_limits=target_limits,
        target_name=name,
    )
    try:
        result = watch(lambda stop: steps_of(stop=stop), _err)
    except TrainingDivergedError as error:
        if error.colorizer is not None:
            make_folder(output)
            kept = output / "last_good.safetensors"
            error.colorizer.save(kept, overwrite=overwrite)
            raise TrainingDivergedError(f"{error} It is in '{kept}'.", error.colorizer) from error
        raise
    if steering is not None:
        result = steered(result, steering)
    path = Path(name)
    suffix = path.suffix.lower() if path.suffix.lower() in READABLE else ".tif"
    result.save(
        output,
        overwrite=overwrite,
        truth=truth,
        name=f"{path.stem}_colorized{suffix}",
        dtype=target.dtype,
    )
    _report(result.provenance, output)
    return result


def _steering(
    hints: Path | None, fade: float | None, target: AnyArray, settings: Settings
) -> Steering:
    """Read what is to be done to the result, before a training that would be in vain."""
    from napari_oneshot_color.hint_files import read_hints
    from napari_oneshot_color.repeating import Steering

    if fade is not None and not settings.looks_at_source:
        raise BadSettingsError(
            "Without a look at the source there is no uncertainty to fade by. Choose the preset "
            "'best', or leave out --fade."
        )
    found = None if hints is None else read_hints(hints)
    if found is not None:
        found.check_size(target.shape[:2])
    return Steering(hints=found, threshold=fade)


def _report(provenance: dict[str, Any], output: Path) -> None:
    for note in provenance["notes"]:
        _out.print(note, markup=False)
    seconds, steps = provenance["seconds"], provenance["steps"]
    trained = (
        f"Trained {steps} steps in {seconds['training']:.0f} s" if steps else "Nothing was trained"
    )
    _out.print(
        f"{trained}, on {provenance['device']}; {sum(seconds.values()):.0f} s in all. "
        f"{provenance['clipped_fraction']:.1%} of the pixels were clipped to sRGB."
    )
    _out.print(f"Look at {output / 'contact_sheet.png'} and {output / 'final.png'}", markup=False)


def _read_truth(path: Path, target: AnyArray) -> NDArray[np.float32]:
    image = read_image(path)
    if image.shape[:2] != target.shape[:2] or image.ndim != 3 or image.dtype.kind != "u":
        raise BadPairError("The truth must be a colour image of the target's size, 8 or 16 bit.")
    return as_float(image[..., :3])
