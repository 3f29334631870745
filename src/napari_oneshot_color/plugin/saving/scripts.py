"""Code and commands that repeat a run without the viewer."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from napari_oneshot_color.settings import Settings, all_settings

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.steering.changes import Steering

__all__ = ["as_command", "as_python"]

_ALWAYS = ("seed", "source_scale")  # without source_scale, the command would read it from the files


def as_command(inputs: Inputs, settings: Settings, steering: Steering) -> str:
    """Return the command that repeats a run, with its hints and its fading.

    The command has one pair of limits for all sources; if they differ, it has none.
    """
    *sources, target = inputs.paths()
    words = ["napari-oneshot-color", "colorize", sources[0], target]
    words += ["--output", "result", "--preset", "paper"]
    for source in sources[1:]:
        words += ["--also", source]
    if len(sources) > 1:
        for weight in inputs.weights:
            words += ["--weight", repr(weight)]
    for name, value in _changes(settings).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    source_limits = inputs.sources[0].limits
    if source_limits is not None and inputs.has_one_contrast:
        words += ["--source-limits", *(repr(limit) for limit in source_limits)]
    if inputs.target.limits is not None:
        words += ["--target-limits", *(repr(limit) for limit in inputs.target.limits)]
    if steering.hints is not None:
        words += ["--hints", "hints.tif"]
    if steering.threshold is not None:
        words += ["--fade", repr(steering.threshold)]
    return shlex.join(words)


def as_python(inputs: Inputs, settings: Settings, steering: Steering) -> str:
    """Return the Python code that repeats a run, with its hints and its fading.

    The code reads the hints from the files of a saved result.
    """
    *_, target = inputs.paths()
    changes = "".join(f"    {name}={value!r},\n" for name, value in _changes(settings).items())
    limits = inputs.target.limits
    options = _option("target_limits", limits)
    if len(inputs.sources) == 1:
        options = _option("source_limits", inputs.sources[0].limits) + options
    names = ["Settings", "colorize", "read_image"]
    steps = []
    if steering.hints is not None:
        names += ["apply_hints", "read_hints"]
        steps.append('result = apply_hints(result, read_hints("hints.tif"))')
    if steering.threshold is not None:
        names.append("fade")
        steps.append(f"result = fade(result, {steering.threshold!r})")
    if len(inputs.sources) > 1:
        names.append("Source")
    lines = [
        "from pathlib import Path",
        "",
        f"from napari_oneshot_color import {', '.join(sorted(names))}",
        "",
        _read_sources(inputs),
        f"target = read_image(Path({target!r}))",
        f"settings = Settings(\n{changes})",
        f"result = colorize(source, target, settings{options})",
        *steps,
        'result.save("result")',
    ]
    return "\n".join(lines) + "\n"


def _read_sources(inputs: Inputs) -> str:
    paths = inputs.paths()[:-1]
    if len(paths) == 1:
        return f"source = read_image(Path({paths[0]!r}))"
    listed = "".join(
        f"    Source(read_image(Path({path!r})), {image.name!r}"
        f"{_option('limits', image.limits)}, weight={weight!r}),\n"
        for path, image, weight in zip(paths, inputs.sources, inputs.weights, strict=True)
    )
    return f"source = [\n{listed}]"


def _option(name: str, value: object) -> str:
    return "" if value is None else f", {name}={value!r}"


def _changes(settings: Settings) -> dict[str, object]:
    """Return settings that differ from the defaults or were chosen automatically."""
    values = settings.to_dict()
    return {
        setting.name: values[setting.name]
        for setting in all_settings()
        if values[setting.name] != setting.default or setting.name in _ALWAYS
    }
