"""Estimates how long a run takes on this computer, from earlier runs if there are any."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from napari_oneshot_color.errors import OneshotColorError
from napari_oneshot_color.files.writing import write_atomically

if TYPE_CHECKING:
    from napari_oneshot_color.settings import Settings

__all__ = ["Duration", "Durations", "cores", "durations_path", "in_words"]

_DECIDING = (
    *("network", "base_width", "batch_size", "tile_size", "epochs", "patches_per_epoch"),
    *("max_steps", "working_size", "generated_tiles", "lattice_stride", "descriptor"),
    *("correspondence", "use_regions", "device", "precision", "threads"),
)
_MOST_KEPT = 50  # settings
_LAST = 5  # runs of each kind that are kept, because a computer may become slower
_TELLING = 2.0  # s; shorter runs say little about longer ones
_FARTHEST = 8.0  # largest factor between an estimate and the rough figure
_MEASURED_ON = 2  # cores
_PIXELS = 500 * 741
_GAIN = 0.7  # the speed grows with the number of cores to this power
_MOST_CORES = 16  # more cores do not help
_STEP = {"chroma": 0.037, "dcgan": 0.55, "none": 0.0}  # s per step of presets 'best' and 'paper'
_BATCH = {"chroma": 4 * 256**2 * 24, "dcgan": 64 * 64**2 * 64, "none": 1}  # size of such a step
_REST = {"chroma": 10.0, "dcgan": 4.0, "none": 4.0}  # s besides the training
_JOIN = 0.2  # s per megapixel, at the target's own size
_ASPECT = 1.5  # of most images
_TILE = 0.008  # s per generated tile of dcgan
_SMALL = 0.3  # share of the rest that does not depend on the size


def durations_path() -> Path:
    """Return the file that records how long runs took on this computer."""
    return user_cache_path("napari-oneshot-color", appauthor=False) / "durations.json"


def cores() -> int:
    """Return the number of processor cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Duration:
    """An estimate of how long a run will take.

    Attributes
    ----------
    seconds : float
        The estimate.
    is_measured : bool
        Whether it is based on an earlier run on this computer.
    """

    seconds: float
    is_measured: bool

    @property
    def words(self) -> str:
        """The time in a few words."""
        return in_words(self.seconds)

    @property
    def origin(self) -> str:
        """A sentence that says where the estimate comes from."""
        if self.is_measured:
            return "Estimated from earlier runs on this computer."
        return f"A rough figure for {cores()} processor cores; more accurate after the first run."


def in_words(seconds: float) -> str:
    """Return a time in rounded words: ``about 20 s``, ``about 3 min``."""
    if seconds < 3:
        return "a moment"
    if seconds < 57:
        step = 1 if seconds < 10 else 5
        return f"about {step * max(1, round(seconds / step))} s"
    minutes = seconds / 60
    if minutes < 57:
        step = 1 if minutes < 10 else 5
        return f"about {step * max(1, round(minutes / step))} min"
    return f"about {max(1, round(minutes / 60))} h"


class Durations:
    """The times of earlier runs, also from earlier sessions.

    Parameters
    ----------
    path : Path
        The file with the times. It is not an error if it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def of(self, settings: Settings, pixels: int) -> Duration:
        """Estimate how long a run will take.

        Parameters
        ----------
        settings : Settings
            The settings of the run.
        pixels : int
            Number of pixels of the target.
        """
        known = self._known.get(_key(settings))
        if known:
            now = _roughly(settings, pixels)
            here = [run["seconds"] * (now / _rough_of(settings, run)) for run in known]
            return Duration(_calm(here), is_measured=True)
        return Duration(_roughly(settings, pixels) * self._pace(settings), is_measured=False)

    def note(
        self, settings: Settings, pixels: int, seconds: float, working_size: int | None = None
    ) -> None:
        """Record how long a run took.

        Parameters
        ----------
        settings, pixels
            As in `of`.
        seconds : float
            The duration of the run.
        working_size : int, optional
            The size at which the run worked, if it was chosen automatically.
        """
        key = _key(settings)
        before = self._known.pop(key, [])
        size = float(working_size or settings.usual_working_size)
        run = {"seconds": seconds, "pixels": pixels, "working_size": size}
        run["rough"] = _rough_of(settings, run)
        self._known[key] = [*before, run][-_LAST:]
        for old in list(self._known)[:-_MOST_KEPT]:
            del self._known[old]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(self._known, indent=1).encode(), overwrite=True)
        except (OSError, OneshotColorError):
            return  # kept until the program ends

    def _pace(self, settings: Settings) -> float:
        """Return the ratio of measured times to the rough figure.

        If there are only runs of another network, its square root is used.
        """
        telling = {
            key: _calm([run["seconds"] / run["rough"] for run in known])
            for key, known in self._known.items()
            if known[-1]["rough"] > _TELLING
        }
        network = json.dumps(settings.network)
        like = [ratio for key, ratio in telling.items() if network in key]
        if not telling:
            return 1.0
        pace = min(_FARTHEST, max(1 / _FARTHEST, _calm(like or list(telling.values()))))
        return pace if like else pace**0.5


def _calm(figures: list[float]) -> float:
    """Return the lower quartile: other programs make a run longer, never shorter."""
    return sorted(figures)[(len(figures) - 1) // 4]


def _key(settings: Settings) -> str:
    """Return a key of the settings that affect the duration of a run."""
    values = settings.to_dict()
    return json.dumps([values[name] for name in _DECIDING])


def _size(pixels: float, working_size: float) -> float:
    """How long an image of that size takes, beside the training, as a multiple of the measured."""
    most = _ASPECT * working_size**2
    return _SMALL + (1 - _SMALL) * min(pixels, most) / _PIXELS


def _rough_of(settings: Settings, run: Mapping[str, float]) -> float:
    return _roughly(settings, run["pixels"], run.get("working_size"))


def _roughly(settings: Settings, pixels: float, working_size: float | None = None) -> float:
    working_size = working_size or settings.usual_working_size
    work = settings.batch_size * settings.tile_size**2 * settings.base_width
    step = _STEP[settings.network] * work / _BATCH[settings.network]
    rest = _REST[settings.network] * _size(pixels, working_size) + _JOIN * pixels / 1e6
    if settings.network == "dcgan":
        rest += _TILE * settings.generated_tiles
    faster: float = (min(cores(), _MOST_CORES) / _MEASURED_ON) ** _GAIN
    return (settings.steps * step + rest) / faster


def _read(path: Path) -> dict[str, list[dict[str, float]]]:
    """Read the recorded times, without invalid values."""
    try:
        read = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    runs = {key: told if isinstance(told, list) else [told] for key, told in read.items()}
    return {key: told for key, told in runs.items() if told and all(map(_is_sound, told))}


def _is_sound(told: object) -> bool:
    return isinstance(told, Mapping) and all(
        type(value) in (int, float) and 0 < value < 1e9
        for value in (
            *(told.get(name) for name in ("seconds", "pixels", "rough")),
            told.get("working_size", 1),  # of a run that an earlier version noted
        )
    )
