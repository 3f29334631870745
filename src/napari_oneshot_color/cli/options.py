"""Options of the command line; those for settings are generated from `Settings`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from napari_oneshot_color.errors import BadFileError, BadPairError, BadSettingsError
from napari_oneshot_color.files.checksums import checksum
from napari_oneshot_color.files.claims import LARGEST, reading_up_to
from napari_oneshot_color.files.decoding import decode
from napari_oneshot_color.files.json_texts import read_json
from napari_oneshot_color.files.pixel_sizes import scale_between
from napari_oneshot_color.settings import DEFAULT_PRESET, PRESETS, Setting, Settings, all_settings
from napari_oneshot_color.types import AnyArray, Limits

if TYPE_CHECKING:
    from napari_oneshot_color.pair.prepare import Source
    from napari_oneshot_color.record import Record

__all__ = [
    "FadeAbove",
    "HintsFile",
    "LargestMegapixels",
    "MoreSources",
    "Overwrite",
    "SourceLimits",
    "Weights",
    "at_scale",
    "read_sources",
    "recorded_limits",
    "settings_from",
    "settings_options",
]


MoreSources = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option(
        "--also", metavar="FILE", help="A further colour example; can be given several times."
    ),
]
Weights = Annotated[
    Optional[list[float]],  # noqa: UP045
    typer.Option(
        "--weight",
        help="How often patches are drawn from a source: one weight for each source, in order. By "
        "default, all are equal.",
    ),
]


SourceLimits = Annotated[
    Optional[tuple[float, float]],  # noqa: UP045
    typer.Option(
        metavar="LOW HIGH",
        help="The source values that become black and white, such as 0 4095 for 12-bit data in a "
        "16-bit file.",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Allow existing files in the output folder to be replaced."),
]
HintsFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--hints",
        metavar="FILE",
        help="Colours painted on the target, which the result follows: a label image such as "
        "hints.tif, with the colours in a .json file of the same name beside it.",
    ),
]


def _allow(context: typer.Context, megapixels: float | None) -> float | None:
    """Allow images of up to `megapixels` while the command runs."""
    context.with_resource(reading_up_to(megapixels))
    return megapixels


LargestMegapixels = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--largest-megapixels",
        metavar="N",
        min=0.001,
        callback=_allow,
        help=f"Read images of up to this many megapixels. By default, {LARGEST:.0f} for images "
        "that are read at once, less for files with suspiciously few bytes, and no limit for "
        "tiled TIFF and zarr.",
    ),
]
FadeAbove = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--fade",
        metavar="UNCERTAINTY",
        min=0.0,
        help="Remove the colour where its uncertainty is above this, in units of a* and b*.",
    ),
]


def read_sources(
    source: Path,
    also: list[Path] | None,
    weights: list[float] | None,
    limits: Limits | None = None,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[list[Source], list[str]]:
    """Read all sources, and return them with notes on how they were converted.

    Parameters
    ----------
    source, also, weights
        The values of the options.
    limits : tuple of float, optional
        Values that become 0 and 1 in all sources.
    values : mapping
        As for `settings_from`: the limits of an earlier run are used again.

    Raises
    ------
    BadFileError
        If a source cannot be read.
    BadPairError
        If the number of weights is not the number of sources.
    """
    from napari_oneshot_color.pair.prepare import Source  # scikit-image takes a while to import

    paths = [source, *(also or [])]
    if weights and len(weights) != len(paths):
        raise BadPairError(
            f"There are {len(paths)} sources and {len(weights)} weights. Give one weight for each."
        )
    sources: list[Source] = []
    notes: list[str] = []
    for path, weight in zip(paths, weights or [1.0] * len(paths), strict=True):
        picture = decode(path)
        pixels = picture.pixels
        own = picture.about.limits(limits, pixels.dtype) or recorded_limits(values, pixels)
        sources.append(Source(pixels, path.name, own, weight))
        notes += picture.about.notes
    return sources, notes


def at_scale(settings: Settings, source: Path, target: Path, values: Mapping[str, Any]) -> Settings:
    """Take the source's scale from the files, if both state their pixel size.

    A scale given by the user, even 0, and the settings of an earlier run take precedence.
    """
    is_given = values.get("source_scale") is not None or settings.source_scale != 0
    if is_given or _earlier_run(values):
        return settings
    return settings.replace(source_scale=scale_between(source, target))


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--preset``, ``--settings`` and an option for every setting to a command.

    Typer reads the command's signature, so the signature is extended. The values arrive in
    the command's ``**values``; options that were not given are None.
    """
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    added = [_preset_option(), _file_option(), *map(_option, all_settings())]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *added)]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def recorded_limits(values: Mapping[str, Any], image: AnyArray) -> Limits | None:
    """Return the limits of `image` in the ``result.json`` that the settings come from, if any.

    Parameters
    ----------
    values : mapping
        As for `settings_from`, which has checked that the file can be read.
    image : ndarray
        A source or the target, which is recognised by its checksum.
    """
    earlier = _earlier_run(values)
    if earlier is None:
        return None
    for one in (earlier.target, *(earlier.sources or ()), earlier.source):
        if one is not None and one.limits is not None and one.sha256 == checksum(image):
            return one.limits
    return None


def _earlier_run(values: Mapping[str, Any]) -> Record | None:
    """Read the ``result.json`` that the settings come from; None if there is none."""
    if values.get("settings") is None:
        return None
    from napari_oneshot_color.record import Record  # pydantic takes a while to import

    file = Path(values["settings"])
    contents = read_json(file)
    if "settings" not in contents:
        return None
    try:
        return Record.from_contents(contents)
    except ValueError as error:
        raise BadFileError(
            f"'{file}' contains settings and a record that cannot be read: {error}. Use a file "
            "that contains only settings, such as the output of the command 'settings'."
        ) from error


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Return the settings that the options of `settings_options` define.

    Raises
    ------
    BadFileError
        If the settings file cannot be read.
    BadSettingsError
        If the file contains no settings, or values contradict each other.
    """
    given = {name: value for name, value in values.items() if value is not None}
    preset, file = given.pop("preset", None), given.pop("settings", None)
    if file is None:
        return Settings.preset(preset or DEFAULT_PRESET, **given)
    if preset is not None:
        raise typer.BadParameter("Give either --preset or --settings, not both.")
    try:
        contents = read_json(file)
    except ValueError as error:
        raise BadSettingsError(f"The settings file '{file}' is not valid JSON: {error}.") from error
    return Settings.from_contents(contents).replace(**given)


def _option(setting: Setting) -> inspect.Parameter:
    flag = "--" + setting.name.replace("_", "-")
    details: dict[str, Any] = {
        "help": setting.help,
        "rich_help_panel": setting.group,
        "show_default": False,
    }
    kind: Any = setting.type
    if kind is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    elif setting.choices:
        kind = Literal[setting.choices]
    elif setting.minimum is not None and setting.maximum is not None:
        details |= {"min": kind(setting.minimum), "max": kind(setting.maximum)}
    return _parameter(setting.name, Annotated[Optional[kind], typer.Option(flag, **details)])  # noqa: UP045


def _preset_option() -> inspect.Parameter:
    help = f"The settings to start from; {DEFAULT_PRESET} by default."
    names: Any = Literal[tuple(PRESETS)]
    return _parameter("preset", Annotated[Optional[names], typer.Option(help=help)])  # noqa: UP045


def _file_option() -> inspect.Parameter:
    help = "Settings as JSON: the output of the command 'settings', or an earlier result.json."
    return _parameter("settings", Annotated[Optional[Path], typer.Option(help=help)])  # noqa: UP045


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )
