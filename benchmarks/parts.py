"""Where each second of a run goes: the parts of the method, timed while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, wraps
from typing import Any
from unittest.mock import patch

from napari_oneshot_color import pipeline
from napari_oneshot_color.matching import following
from napari_oneshot_color.matching.descriptor import FittedDescriptor
from napari_oneshot_color.matching.neighbours import Matcher
from napari_oneshot_color.result import steps
from napari_oneshot_color.stages.target import TargetStages
from napari_oneshot_color.training.chroma import ChromaTraining

__all__ = ["timed"]

REST = "everything else"
_PLACES: list[tuple[str, Any, str]] = [
    ("choosing the working size, resizing", pipeline, "prepare_sources"),
    ("choosing the working size, resizing", pipeline, "prepare_target"),
    ("descriptor of source and target", FittedDescriptor, "__init__"),
    ("descriptor of source and target", FittedDescriptor, "describe"),
    ("descriptor of source and target", Matcher, "match"),
    ("nearest neighbours of the target", Matcher, "neighbours"),
    ("nearest neighbours of the target", Matcher, "novelty"),
    ("correspondences by shifts", following, "corresponding"),
    ("correspondences in another view", following, "seen_from_elsewhere"),
    ("correspondences made exact", following, "aligned"),
    ("nearest neighbours in the source itself, for the training", Matcher, "own_cues"),
    ("training, until the first step", ChromaTraining, "__init__"),
    ("training steps", ChromaTraining, "compute"),
    ("network on the tiles, and their merge", TargetStages, "_add"),
    ("guided filter and blend", TargetStages, "smoothed"),
    ("uncertainty", TargetStages, "uncertainty"),
    ("join with L*", steps, "join"),
]


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Count the seconds that each part takes inside, without those of parts within it.

    Yields
    ------
    dict
        Seconds by part; those of no part are under `REST`, once the context has ended.
    """
    seconds = dict.fromkeys([*(part for part, _, _ in _PLACES), REST], 0.0)
    under_way = [REST]
    since = time.perf_counter()

    def turn() -> None:
        nonlocal since
        now = time.perf_counter()
        seconds[under_way[-1]] += now - since
        since = now

    def timing(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            turn()
            under_way.append(part)
            try:
                return function(*args, **options)
            finally:
                turn()
                under_way.pop()

        return run

    with ExitStack() as patches:
        for part, owner, name in _PLACES:
            old = vars(owner)[name]
            new: Any
            if isinstance(old, cached_property):
                new = cached_property(timing(part, old.func))
                new.__set_name__(owner, name)
            else:
                new = timing(part, old)
            patches.enter_context(patch.object(owner, name, new))
        yield seconds
        turn()
