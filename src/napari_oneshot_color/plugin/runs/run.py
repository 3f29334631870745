"""A run in the viewer: its layers, which follow hints and fading without training."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run_layers import RunLayers
from napari_oneshot_color.plugin.runs.threads import Latest

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.pair.hints import Hints
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.result.result import Result

__all__ = ["Run", "Steering", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """What the user wants of a result.

    Parameters
    ----------
    painted : Hints or None
        The hints.
    threshold : float
        Uncertainty above which colour fades; infinity fades nothing.
    """

    painted: Hints | None = None
    threshold: float = math.inf

    @property
    def is_any(self) -> bool:
        """Whether they change the result at all."""
        return self.painted is not None or math.isfinite(self.threshold)


@dataclass(frozen=True)
class _Steered:
    """A result with its hints, and the same faded; and what they were made from."""

    base: Result
    wishes: Wishes
    hinted: Result
    faded: Result
    shown: dict[str, Picture]


class Steering:
    """Keeps the layers of a run at what the user's wishes make of its result.

    Parameters
    ----------
    run : RunLayers
        Whose `steered` result is set here.

    Attributes
    ----------
    hints_layer : Layer or None
        Where the user paints this run's hints.
    wanted, obeyed : Wishes
        The user's, and those that the layers show: the thread needs a moment.
    """

    def __init__(self, run: RunLayers) -> None:
        self._run = run
        self._latest = Latest()
        self._last: _Steered | None = None
        self.hints_layer: Layer | None = None
        self.wanted = Wishes()
        self.obeyed = Wishes()

    @property
    def onto(self) -> Image | None:
        """The final layer, if the user still has it."""
        return self._run.final

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target in px."""
        assert self._run.result is not None
        height, width = self._run.result.target.shape
        return height, width

    @property
    def hints_name(self) -> str:
        """What a hints layer is called."""
        return f"{self._run.target_name} · hints{self._run.suffix}"

    @property
    def painted(self) -> Hints | None:
        """The hints that are wanted."""
        return self.wanted.painted

    @property
    def has_uncertainty(self) -> bool:
        """Whether the run estimated where not to believe it."""
        return self._run.result is not None and self._run.result.uncertainty is not None

    def show_uncertainty(self) -> None:
        """Show the layer of the uncertainty, and add it if it is not there."""
        self._run.show_uncertainty()

    def set_hints(self, painted: Hints | None) -> None:
        """Take the hints as they are now; None are no hints."""
        if painted is self.wanted.painted:
            return
        self.wanted = replace(self.wanted, painted=painted)
        self.follow()

    def set_threshold(self, threshold: float) -> None:
        """Fade what is more uncertain, in units of a* and b*."""
        if threshold != self.wanted.threshold:
            self.wanted = replace(self.wanted, threshold=threshold)
            self.follow()

    def follow(self, shown: dict[str, Picture] | None = None) -> None:
        """Bring the layers to what is wanted of the result and the edits of its regions.

        Parameters
        ----------
        shown : dict, optional
            The pictures of that result before hints and fading, if they are there already.
        """
        base = self._run.unsteered
        if base is None:
            return
        if self.wanted.is_any:
            kinds = self._run.edited_kinds
            self._latest.ask(partial(_steered, base, self.wanted, self._last, kinds), self._take)
            return
        self.end()
        self._show(None, self.wanted, shown)

    def end(self) -> None:
        """Change no layer any more on account of what was wanted before."""
        self._latest.forget()
        self._last = None

    def _take(self, steered: _Steered) -> None:
        if steered.base is not self._run.unsteered:
            return  # the regions were edited meanwhile, and what follows from that is under way
        self._last = steered
        self._show(steered.faded, steered.wishes, steered.shown)

    def _show(
        self, result: Result | None, wishes: Wishes, shown: dict[str, Picture] | None
    ) -> None:
        self.obeyed = wishes
        self._run.steered = result
        self._run.show_edits(shown)


def _steered(
    base: Result, wishes: Wishes, last: _Steered | None, kinds: Collection[str]
) -> _Steered:
    """Hint, then fade; hints that did not change need not be spread again."""
    from napari_oneshot_color.steering.fading import fade
    from napari_oneshot_color.steering.hinting import apply_hints

    painted = wishes.painted
    if painted is None:
        hinted = base
    elif last is not None and last.base is base and last.wishes.painted is painted:
        hinted = last.hinted
    else:
        hinted = apply_hints(base, painted)
    faded = fade(hinted, wishes.threshold) if math.isfinite(wishes.threshold) else hinted
    return _Steered(base, wishes, hinted, faded, pictures(faded, kinds))


class Run(RunLayers):
    """A run's layers, and what the user wants of its result.

    Attributes
    ----------
    steering : Steering
        What the user wants of hints and fading.
    """

    def __init__(
        self, layers: LayerList, target: LayerImage, wanted: set[str], suffix: str = ""
    ) -> None:
        super().__init__(layers, target, wanted, suffix)
        self.steering = Steering(self)

    def reused(self, target: LayerImage, wanted: set[str]) -> Self:
        """Make a run that refreshes this one's layers, and whose hints are on the same layer."""
        fresh = super().reused(target, wanted)
        fresh.steering.hints_layer = self.steering.hints_layer
        return fresh
