"""Layers as keys, which the core is asked about: slices of a stack that are given in colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.plugin.layers.snapshot import (
    is_color,
    is_in,
    is_single,
    is_truth,
    leading_axes,
)
from napari_oneshot_color.plugin.layers.targets import as_target
from napari_oneshot_color.plugin.stacks.slices import lazy, limits_of

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage

__all__ = [
    "KeyLayers",
    "as_keys",
    "check_key",
    "keys_problem",
    "number_of",
    "possible_keys",
    "taking_problem_of",
]


class KeyLayers:
    """Remembers which layers are keys, of every stack for itself."""

    def __init__(self) -> None:
        self._given: dict[Layer, dict[int, Layer]] = {}

    def of(self, target: Layer | None) -> dict[int, Layer]:
        """Return the keys of a stack: layers by the numbers of their slices, in order."""
        return {} if target is None else dict(sorted(self._given.get(target, {}).items()))

    def give(self, target: Layer, number: int, layer: Layer) -> None:
        """Add a key."""
        self._given.setdefault(target, {})[number] = layer

    def take_back(self, target: Layer, number: int) -> None:
        """Remove a key."""
        del self._given[target][number]

    def forget_removed(self, layers: LayerList, target: Layer | None) -> str:
        """Forget layers that the user has removed; return a sentence about keys of the target."""
        self._given = {one: keys for one, keys in self._given.items() if is_in(layers, one)}
        gone = []
        for one, keys in self._given.items():
            for number in [number for number in keys if not is_in(layers, keys[number])]:
                name = keys.pop(number).name
                if one == target:
                    gone.append((number, name))
        return " ".join(
            f"'{name}' was removed, so slice {number} is not given in colour any more."
            for number, name in sorted(gone)
        )


def possible_keys(layers: Iterable[Layer], target: Layer | None) -> list[Layer]:
    """Return the single images in colour; results, perhaps corrected, are among them."""
    return [
        layer
        for layer in layers
        if is_color(layer)
        and is_single(layer)
        and not is_truth(layer)
        and layer != target  # napari gives plugins a new proxy each time
    ]


def number_of(target: Image, index: tuple[int, ...]) -> int:
    """Return the number of a slice in view as a run counts it: levels of a pyramid differ."""
    count: int = as_target(target).data.shape[0]
    return index[0] * count // max(1, leading_axes(target)[0])  # an empty layer has none


def taking_problem_of(target: Image | None, colorizer: Colorizer | None) -> str | None:
    """Return a sentence that says why a stack can have no keys, or None."""
    if target is None or colorizer is None:
        return None
    from napari_oneshot_color.stacks.key_problems import taking_problem

    return taking_problem(colorizer, as_target(target).data.shape)


def keys_problem(
    target: Image | None, colorizer: Colorizer | None, images: Mapping[int, LayerImage]
) -> str | None:
    """Return why keys cannot be used as they are, or None; their pixels are not looked at."""
    if target is None or not images:
        return None
    from napari_oneshot_color.stacks.key_problems import place_problem

    problem = taking_problem_of(target, colorizer)
    if problem:
        return problem
    shape = as_target(target).data.shape
    problems = (
        place_problem(number, image.name, image.data.shape[:2], shape)
        for number, image in images.items()
    )
    return next(filter(None, problems), None)


def check_key(
    colorizer: Colorizer,
    target: LayerImage,
    number: int,
    image: LayerImage,
    names: Mapping[int, str],
) -> None:
    """Let the core look at an image that shall be a key, and at its slice; in any thread.

    Parameters
    ----------
    colorizer : Colorizer
        What shall colour the others.
    target : LayerImage
        The stack.
    number : int
        The slice's.
    image : LayerImage
        The key.
    names : mapping of int to str
        Names of the other keys.

    Raises
    ------
    BadPairError
        If it cannot be one.
    """
    from napari_oneshot_color.stacks.key_problems import place_problem
    from napari_oneshot_color.stacks.lazy import checked_keys

    problem = place_problem(number, image.name, image.data.shape[:2], target.data.shape, names)
    if problem:
        raise BadPairError(problem)
    checked_keys(as_keys({number: image}), colorizer, lazy(target.data), limits_of(target))


def as_keys(images: Mapping[int, LayerImage]) -> dict[int, Source]:
    """Make keys of layers; lazy ones are computed."""
    return {
        number: Source(image.array(), image.name, image.limits) for number, image in images.items()
    }
