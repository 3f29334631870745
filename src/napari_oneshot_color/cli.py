"""The command line: ``napari-oneshot-color colorize | demo | settings | train | apply | info``."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from napari_oneshot_color.cli_apply import apply, train
from napari_oneshot_color.cli_info import info
from napari_oneshot_color.cli_options import (
    MoreSources,
    Weights,
    at_scale,
    read_sources,
    recorded_limits,
    settings_from,
    settings_options,
)
from napari_oneshot_color.cli_progress import watch
from napari_oneshot_color.errors import (
    BadPairError,
    OneshotColorError,
    TrainingDivergedError,
    translated_errors,
)
from napari_oneshot_color.files import AnyArray, as_float, check_folder, make_folder, read_image
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, Settings, all_settings

if TYPE_CHECKING:
    from napari_oneshot_color.pair import Source

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Colour a grayscale image from ONE colour example. Offline; a small network is trained "
    "on the spot.",
)
_out = Console(soft_wrap=True, highlight=False)
_err = Console(soft_wrap=True, highlight=False, stderr=True)

PresetName: Any = Literal[tuple(PRESETS)]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Allow replacing files in a folder that is not empty.")
]


def main() -> None:
    """Run the command line: exit code 0 done, 1 a known error, 2 wrong use, 130 interrupted."""
    try:
        with translated_errors():
            app()
    except OneshotColorError as error:
        _err.print(f"Error: {error}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
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
    overwrite: Overwrite = False,
    **values: Any,
) -> None:
    """Colour TARGET from SOURCE and write every stage to a folder."""
    settings = at_scale(settings_from(values), source, target)
    check_folder(output, overwrite=overwrite)
    grey = read_image(target)
    _run(
        read_sources(source, also, weight),
        grey,
        settings,
        output,
        overwrite=overwrite,
        truth=None if truth is None else _read_truth(truth, grey),
        target_limits=target_limits or recorded_limits(values),
        name=target.name,
    )


@app.command()
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
    _run(
        [Source(pair.source, "motorcycle_left.png")],
        pair.target,
        settings,
        output,
        overwrite=overwrite,
        truth=as_float(pair.truth),
        name="motorcycle_right.png",
    )


@app.command(name="settings")
def print_settings(
    preset: Annotated[
        PresetName, typer.Option(help=f"One of: {', '.join(PRESETS)}.")
    ] = DEFAULT_PRESET,
) -> None:
    """Print the settings as JSON with their help; --settings FILE takes it back."""
    values = Settings.preset(preset).to_dict()
    explained = {setting.name: setting.full_help for setting in all_settings()}
    print(json.dumps({"settings": values, "help": explained}, indent=2))  # noqa: T201


for _command in (train, apply, info):
    app.command()(_command)


def _run(
    sources: list[Source],
    target: AnyArray,
    settings: Settings,
    output: Path,
    *,
    overwrite: bool,
    truth: NDArray[np.float32] | None,
    name: str,
    target_limits: tuple[float, float] | None = None,
) -> None:
    from napari_oneshot_color.pipeline import colorize_steps

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
    path = Path(name)
    result.save(
        output,
        overwrite=overwrite,
        truth=truth,
        name=f"{path.stem}_colorized{path.suffix.lower()}",
        dtype=target.dtype,
    )
    _report(result.provenance, output)


def _report(provenance: dict[str, Any], output: Path) -> None:
    for note in provenance["notes"]:
        _out.print(note, markup=False)
    seconds = provenance["seconds"]
    _out.print(
        f"Trained {provenance['steps']} steps in {seconds['training']:.0f} s on "
        f"{provenance['device']}; {sum(seconds.values()):.0f} s in all. "
        f"{provenance['clipped_fraction']:.1%} of the pixels were clipped to sRGB."
    )
    _out.print(f"Look at {output / 'contact_sheet.png'} and {output / 'final.png'}", markup=False)


def _read_truth(path: Path, target: AnyArray) -> NDArray[np.float32]:
    image = read_image(path)
    if image.shape[:2] != target.shape[:2] or image.ndim != 3 or image.dtype.kind != "u":
        raise BadPairError("The truth must be a colour image of the target's size, 8 or 16 bit.")
    return as_float(image[..., :3])
