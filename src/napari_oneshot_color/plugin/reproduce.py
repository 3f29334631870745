"""Text that repeats a run without the viewer."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files import read_image
from napari_oneshot_color.settings import Settings, all_settings

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.layers import LayerImage
    from napari_oneshot_color.plugin.steering import Wishes

__all__ = ["as_command", "as_python", "input_path"]


def input_path(image: LayerImage, role: str) -> str:
    """Name the file that a layer came from, or else the one that a saved result has.

    A layer may hold less than its file, such as one channel or level, and a file may change.

    Parameters
    ----------
    image : LayerImage
        The source or the target.
    role : str
        ``source`` or ``target``.
    """
    if image.path and _holds(Path(image.path), image):
        return str(Path(image.path).absolute())
    return f"{role}.tif"


def _holds(path: Path, image: LayerImage) -> bool:
    try:
        pixels = read_image(path)
    except (BadFileError, MemoryError):
        return False
    return pixels.dtype == image.data.dtype and np.array_equal(pixels, image.array())


def as_command(source: LayerImage, target: LayerImage, settings: Settings) -> str:
    """Write the command line that repeats a run."""
    words = ["napari-oneshot-color", "colorize"]
    words += [input_path(source, "source"), input_path(target, "target")]
    words += ["--output", "result", "--preset", "paper"]
    for name, value in _changes(settings).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    if target.limits is not None:
        words += ["--target-limits", *(repr(limit) for limit in target.limits)]
    return shlex.join(words)


def as_python(
    source: LayerImage, target: LayerImage, settings: Settings, wishes: Wishes | None = None
) -> str:
    """Write the Python that repeats a run, with its hints and its fading.

    The hints are read from the files that a saved result has.
    """
    imports, steering = _steering(wishes)
    changes = "".join(f"    {name}={value!r},\n" for name, value in _changes(settings).items())
    limits = "" if target.limits is None else f", target_limits={target.limits!r}"
    return (
        f"{imports[0]}from pathlib import Path\n\n"
        "from napari_oneshot_color import Settings, colorize\n"
        f"{imports[1]}from napari_oneshot_color.files import read_image\n{imports[2]}\n"
        f"source = read_image(Path({input_path(source, 'source')!r}))\n"
        f"target = read_image(Path({input_path(target, 'target')!r}))\n"
        f"settings = Settings(\n{changes})\n"
        f"result = colorize(source, target, settings{limits})\n{steering}"
        'result.save("result")\n'
    )


def _steering(wishes: Wishes | None) -> tuple[tuple[str, str, str], str]:
    """Write what must be imported for hints and fading, each in its place, and the steps."""
    first = second = third = steps = ""
    if wishes is not None and wishes.painted is not None:
        first = "import json\n"
        third = "from napari_oneshot_color.hinting import Hints, apply_hints\n"
        steps = (
            'colors = json.loads(Path("hints.json").read_text())\n'
            "colors = {int(label): tuple(color) for label, color in colors.items()}\n"
            'labels = read_image(Path("hints.tif"))\n'
            "result = apply_hints(result, Hints(labels, colors))\n"
        )
    if wishes is not None and math.isfinite(wishes.threshold):
        second = "from napari_oneshot_color.fading import fade\n"
        steps += f"result = fade(result, {wishes.threshold!r})\n"
    return (first, second, third), steps


def _changes(settings: Settings) -> dict[str, object]:
    """List what differs from the defaults, and what the machine chose."""
    values = settings.to_dict()
    return {
        setting.name: values[setting.name]
        for setting in all_settings()
        if values[setting.name] != setting.default or setting.name == "seed"
    }
