"""A run in the viewer: its result and the user's changes to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_oneshot_color.plugin.layers.kinds import layer_name
from napari_oneshot_color.plugin.runs import notices
from napari_oneshot_color.plugin.runs.history import History, Undoable
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.pictures import pictures
from napari_oneshot_color.plugin.runs.run_layers import RunLayers
from napari_oneshot_color.plugin.runs.steered import Moment, faded_in_time, steered_pictures
from napari_oneshot_color.steering.changes import Steering

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.pair.hints import Hints
    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.history import Drawn
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.steering.order import Steered
    from napari_oneshot_color.types import Color

__all__ = ["Run"]


class Run(Undoable[Moment]):
    """The result and the layers of a run, which follow the user's edits, hints and fading.

    Parameters
    ----------
    layers : napari.components.LayerList
        The list to which layers are added.
    target : LayerImage
        The target, from which the layers take their geometry and name.
    wanted : set of str
        Kinds of `plugin.layers.kinds.LAYERS` to add.
    number : int
        Number of the target's run, for the names of the layers.
    before : Run, optional
        An earlier run whose layers are refreshed instead; its hints layer is used, too.

    Attributes
    ----------
    layers : RunLayers
        Its layers.
    result : Result or None
        The result of the run, once it has finished.
    steering, obeyed : Steering
        The changes that the user wants, and those that the layers already show.
    hints_layer : Layer or None
        The layer with the hints of this run.
    drawn : Drawn or None
        The content of that layer when it was last read.
    following : Jobs
        The jobs that update the layers.
    """

    changed = Signal()
    """Emitted when the layers show another result."""

    asked = Signal()
    """Emitted when the user's changes differ; the layers are updated later."""

    def __init__(
        self,
        layers: LayerList,
        target: LayerImage,
        wanted: set[str],
        number: int = 1,
        before: Run | None = None,
    ) -> None:
        earlier: RunLayers | None = None if before is None else before.layers
        self.layers: RunLayers = RunLayers(layers, target, wanted, number, earlier)
        self.hints_layer: Layer | None = None if before is None else before.hints_layer
        self.result: Result | None = None
        self.steering = Steering()
        self.obeyed = Steering()
        self.drawn: Drawn | None = None if before is None else before.drawn
        self.following = Jobs(newest_only=True)
        self._fading = Jobs(newest_only=True)
        self.history: History[Moment] = History()
        self._last: Steered | None = None

    @property
    def title(self) -> str:
        """Its name in a list."""
        number = self.layers.number
        return self.layers.target_name + (f" · run {number}" if number > 1 else "")

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
        """The final layer, on which hints lie, if it was not removed."""
        return self.layers.final

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target in px."""
        assert self.result is not None
        height, width = self.result.target.shape
        return height, width

    @property
    def hints_name(self) -> str:
        """Name of its hints layer."""
        return layer_name("hints", self.layers.target_name, self.layers.number)

    @property
    def hints(self) -> Hints | None:
        """The user's hints."""
        return self.steering.hints

    @property
    def regions(self) -> NDArray[np.integer]:
        """The user's regions, ``(h, w)`` integer; do not modify them."""
        assert self.result is not None
        return self.result.regions if self.steering.regions is None else self.steering.regions

    @property
    def has_uncertainty(self) -> bool:
        """Whether the result has an uncertainty."""
        return self.result is not None and self.result.uncertainty is not None

    def show_result(self, result: Result) -> None:
        """Show every stage of a result; the final image ends on top."""
        for _ in self.show_steps(result, pictures(result, self.layers.kinds)):
            pass

    def show_steps(self, result: Result, shown: dict[str, Picture]) -> Iterator[str]:
        """Show every stage of a result, layer by layer; see `RunLayers.show_steps`."""
        self.result = result
        self.history = History(result.target.size)
        yield from self.layers.show_steps(result, shown)
        self.changed.emit()

    def show_final(self) -> None:
        """Show only the final image of its layers; a removed layer is added again."""
        assert self.shown is not None
        self.layers.show_final(self.shown)

    def show_uncertainty(self) -> None:
        """Raise the uncertainty layer above the final one; add it if it does not exist."""
        assert self.shown is not None
        self.layers.show_uncertainty(self.shown)

    def show_regions(self) -> None:
        """Raise the regions layer above the final one; add it if it does not exist."""
        assert self.result is not None
        self.layers.show_regions(self.result, self.regions)

    def set_regions(
        self,
        regions: NDArray[np.integer],
        colors: Mapping[int, Color],
        excluded: Collection[int],
    ) -> None:
        """Set the user's regions.

        Parameters
        ----------
        regions : ndarray
            ``(h, w)`` integer at the working size; 0 means no region. Do not modify it later.
        colors : mapping
            sRGB in [0, 1] for some regions, instead of their medians.
        excluded : collection of int
            Regions that keep the merged colours.
        """
        assert self.result is not None
        is_edited = colors or excluded or not np.array_equal(regions, self.result.regions)
        before, kept = self.steering, tuple(sorted(excluded))
        if np.array_equal(regions, self.regions):
            regions = self.regions
            if (dict(colors), kept) == (before.region_colors, before.regions_excluded):
                return
        self.history.keep(self.now)
        self._want(
            regions=regions if is_edited else None,
            region_colors=dict(colors),
            regions_excluded=kept,
        )

    def set_hints(self, hints: Hints | None, drawn: Drawn | None = None) -> None:
        """Set the user's hints; None removes them.

        Parameters
        ----------
        hints : Hints or None
            The hints that the final layer follows.
        drawn : Drawn, optional
            The content of the hints layer, which undo restores.
        """
        if hints is self.steering.hints:
            self.drawn = drawn
            return
        if drawn is None or drawn is not self.drawn:  # otherwise kept by the run before
            self.history.keep(self.now)
        self.drawn = drawn
        self._want(hints=hints)

    def set_threshold(self, threshold: float | None) -> None:
        """Fade colour above an uncertainty, in units of a* and b*; None fades nothing."""
        self._fading.forget()
        if threshold != self.steering.threshold:
            self.history.keep(self.now)
            self._want(threshold=threshold)
        else:
            self.layers.end_samples()

    def sample_threshold(self, threshold: float | None) -> None:
        """Show a quick, coarse preview of a threshold, until `set_threshold`."""
        hinted = self.result if self._last is None else self._last.hinted
        if hinted is not None and self.has_uncertainty:
            self._fading.ask(partial(faded_in_time, hinted, threshold), self.layers.show_sample)

    @property
    def is_corrected(self) -> bool:
        """Whether the user changed regions or hints."""
        return self.steering.regions is not None or self.steering.hints is not None

    def start_over(self) -> None:
        """Remove all changes to regions and all hints; the hints layer stays."""
        self.history.keep(self.now)
        self.hints_layer = self.drawn = None
        self.steering = Steering(threshold=self.steering.threshold)
        self.layers.put_regions(self.regions)
        self._follow()

    def end(self) -> None:
        """Cancel pending updates of the layers."""
        self.following.forget()
        self._fading.forget()

    @property
    def now(self) -> Moment:
        """The user's current changes."""
        return Moment(self.steering, self.drawn)

    def _want(self, **changes: Any) -> None:
        self.steering = replace(self.steering, **changes)
        self._follow()

    def return_to(self, moment: Moment) -> None:
        """Return to the changes of another moment, and show them in the user's layers."""
        has_hints = moment.drawn is not None or self.steering.hints is not None
        self.steering = moment.steering
        if has_hints:  # otherwise it is a new, empty layer
            self.drawn = moment.drawn
            self.hints_layer = None if moment.drawn is None else moment.drawn.layer
        if moment.drawn is not None and self.layers.has(moment.drawn.layer):
            moment.drawn.put_back()
        self.layers.put_regions(self.regions)
        self._follow()

    def _follow(self) -> None:
        """Update the layers in the background."""
        if self.result is not None:
            asked, kinds = self.steering, self.layers.edited_kinds
            work = partial(steered_pictures, self.result, asked, self._last, kinds)
            self.following.ask(work, self._take, partial(self._on_failed, asked))
        self.asked.emit()

    def _take(self, outcome: tuple[Steered, dict[str, Picture]]) -> None:
        self._last, shown = outcome
        self.obeyed = self._last.steering
        self.layers.update(self._last.final, shown)
        self.changed.emit()

    def _on_failed(self, asked: Steering, error: Exception) -> None:
        """Show the error; regions of the wrong size must not block other changes."""
        notices.notify_error(error)
        self.layers.end_samples()
        if self.steering.regions is asked.regions is not self.obeyed.regions:
            self.steering = replace(self.steering, regions=self.obeyed.regions)
            self.history.drop()
            if self.steering.hints is not self.obeyed.hints or (
                self.steering.threshold != self.obeyed.threshold
            ):
                self._follow()
