"""A run in the viewer: its result, and what the user changed of it, without training."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run_layers import RunLayers
from napari_oneshot_color.steering.changes import Steering

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.pair.hints import Hints
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.steering.order import Steered
    from napari_oneshot_color.types import Color

__all__ = ["Run"]


class Run:
    """A run's result and layers, which follow the user's edits, hints and fading.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where its layers go.
    target : LayerImage
        Lends them its geometry and its name.
    wanted : set of str
        Kinds of `plugin.layers.kinds.LAYERS` to add.
    suffix : str
        Set behind every name, which makes the runs' names differ.
    before : Run, optional
        An earlier run whose layers are refreshed instead; this one's hints are on the same layer.

    Attributes
    ----------
    layers : RunLayers
        Its layers.
    result : Result or None
        As the run returned it; None until then.
    steering, obeyed : Steering
        What the user wants, and what the layers show of it: the thread needs a moment.
    hints_layer : Layer or None
        Where the user puts this run's hints.
    """

    changed = Signal()
    """The layers show another result."""

    def __init__(
        self,
        layers: LayerList,
        target: LayerImage,
        wanted: set[str],
        suffix: str = "",
        before: Run | None = None,
    ) -> None:
        earlier: RunLayers | None = None if before is None else before.layers
        self.layers: RunLayers = RunLayers(layers, target, wanted, suffix, earlier)
        self.hints_layer: Layer | None = None if before is None else before.hints_layer
        self.result: Result | None = None
        self.steering = Steering()
        self.obeyed = Steering()
        self._jobs = Jobs(newest_only=True)
        self._last: Steered | None = None

    @property
    def title(self) -> str:
        """What it is called in a list."""
        return f"{self.layers.target_name}{self.layers.suffix}"

    @property
    def recolored(self) -> Result | None:
        """The result with the edits of its regions, before hints and fading."""
        return self.result if self._last is None else self._last.recolored

    @property
    def shown(self) -> Result | None:
        """The result as the layers show it: edited, hinted and faded."""
        return self.result if self._last is None else self._last.final

    @property
    def onto(self) -> Image | None:
        """The final layer, if the user still has it: hints lie on it."""
        return self.layers.final

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target in px."""
        assert self.result is not None
        height, width = self.result.target.shape
        return height, width

    @property
    def hints_name(self) -> str:
        """What a layer of its hints is called."""
        return f"{self.layers.target_name} · hints{self.layers.suffix}"

    @property
    def hints(self) -> Hints | None:
        """The hints that are wanted."""
        return self.steering.hints

    @property
    def has_uncertainty(self) -> bool:
        """Whether the run estimated where not to believe it."""
        return self.result is not None and self.result.uncertainty is not None

    def show_result(self, result: Result) -> None:
        """Show every stage of a result; the final image ends on top."""
        for _ in self.show_steps(result, pictures(result, self.layers.kinds)):
            pass

    def show_steps(self, result: Result, shown: dict[str, Picture]) -> Iterator[str]:
        """Show every stage of a result, layer by layer, as `RunLayers.show_steps` does."""
        self.result = result
        yield from self.layers.show_steps(result, shown)
        self.changed.emit()

    def show_final(self) -> None:
        """Show the final image and no other one of its layers; one that was removed comes back."""
        assert self.shown is not None
        self.layers.show_final(self.shown)

    def show_uncertainty(self) -> None:
        """Bring the layer of the uncertainty above the final one, and add it if it is not there."""
        assert self.result is not None
        self.layers.show_uncertainty(self.result)

    def set_regions(
        self,
        regions: NDArray[np.integer],
        colors: Mapping[int, Color],
        excluded: Collection[int],
    ) -> None:
        """Take the regions as they are now.

        Parameters
        ----------
        regions : ndarray
            ``(h, w)`` integer at the working size; 0 is no region. It must not change any more.
        colors : mapping
            sRGB in [0, 1] for some of them, in place of their medians.
        excluded : collection of int
            Those that keep the merged colours.
        """
        assert self.result is not None
        is_edited = colors or excluded or not np.array_equal(regions, self.result.regions)
        self._want(
            regions=regions if is_edited else None,
            region_colors=dict(colors),
            regions_excluded=tuple(sorted(excluded)),
        )

    def set_hints(self, hints: Hints | None) -> None:
        """Take the hints as they are now; None are no hints."""
        if hints is not self.steering.hints:
            self._want(hints=hints)

    def set_threshold(self, threshold: float | None) -> None:
        """Fade what is more uncertain, in units of a* and b*; None fades nothing."""
        if threshold != self.steering.threshold:
            self._want(threshold=threshold)

    def end(self) -> None:
        """Change no layer any more on account of what was wanted before."""
        self._jobs.forget()

    def _want(self, **changes: Any) -> None:
        self.steering = replace(self.steering, **changes)
        self._follow()

    def _follow(self) -> None:
        """Bring the layers to what is wanted, in the background."""
        if self.result is not None:
            asked = self.steering
            work = partial(_steered, self.result, asked, self._last, self.layers.edited_kinds)
            self._jobs.ask(work, self._take, partial(self._on_failed, asked))

    def _take(self, outcome: tuple[Steered, dict[str, Picture]]) -> None:
        self._last, shown = outcome
        self.obeyed = self._last.steering
        self.layers.update(self._last.final, shown)
        self.changed.emit()

    def _on_failed(self, asked: Steering, error: Exception) -> None:
        """Say what is wrong; regions that do not fit must not stand in the way of the rest."""
        notices.notify_error(error)
        before = self.obeyed.regions
        if self.steering.regions is asked.regions is not before:
            self.steering = replace(self.steering, regions=before)
            if self.steering.hints is not self.obeyed.hints or (
                self.steering.threshold != self.obeyed.threshold
            ):
                self._follow()


def _steered(
    result: Result, steering: Steering, last: Steered | None, kinds: Collection[str]
) -> tuple[Steered, dict[str, Picture]]:
    """Do what is wanted, and make the pictures of what comes of it."""
    from napari_oneshot_color.steering.order import steer

    done = steer(result, steering, last)
    return done, pictures(done.final, kinds)
