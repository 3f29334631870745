"""Shows the stages of a run side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_oneshot_color.plugin.layers.canvas import View, fit_to_shown
from napari_oneshot_color.plugin.layers.kinds import STAGES
from napari_oneshot_color.plugin.layers.snapshot import is_in
from napari_oneshot_color.plugin.runs.bit_by_bit import bit_by_bit
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.pictures import pictures

if TYPE_CHECKING:
    from napari.layers import Layer
    from qtpy.QtCore import QObject

    from napari_oneshot_color.plugin.runs.finished import Finished
    from napari_oneshot_color.plugin.runs.pictures import Picture
    from napari_oneshot_color.plugin.runs.run import Run
    from napari_oneshot_color.result.result import Result

__all__ = ["Story"]


class Story:
    """Shows the target, every stage and the final image of a run in the viewer's grid.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
        The viewer, from which the added layers are removed at the end.
    owner : QObject
        The widget that shows the stages.

    Attributes
    ----------
    shown : Run or None
        The run whose stages are shown.
    """

    changed = Signal()
    """Emitted when the stages are shown or removed."""

    def __init__(self, viewer: Any, owner: QObject) -> None:
        self._viewer = viewer
        self._jobs = Jobs(owner, newest_only=True, holds_viewer=False)
        self._before: View | None = None
        self._added: set[str] = set()
        self.shown: Run | None = None

    def tell(self, finished: Finished) -> None:
        """Show the stages of a run, instead of those of another run."""
        self.end()
        run, result = finished.run, finished.result
        if run is None or result is None:
            return
        self.shown = run
        self._before = View(self._viewer)
        self._before.show_side_by_side(self._ends(finished))
        self._added = {kind for kind in STAGES if not self._has(run, kind)}
        use = partial(self._show, finished, result)
        self._jobs.ask(partial(pictures, result, STAGES), use)
        self.changed.emit()

    def end(self) -> None:
        """Remove the stages, and restore the view from before."""
        self._jobs.forget()
        run, self.shown = self.shown, None
        before, self._before = self._before, None
        if run is not None and before is not None:
            run.layers.remove(self._added)
            before.bring_back()
            self.changed.emit()

    def _has(self, run: Run, kind: str) -> bool:
        return kind in run.layers and is_in(self._viewer.layers, run.layers[kind])

    def _show(self, finished: Finished, result: Result, shown: dict[str, Picture]) -> None:
        run = finished.run
        assert run is not None
        bit_by_bit(
            run.layers.add_stages(result, shown),
            partial(self._fit, finished),
            lambda: self.shown is run and not self._jobs.is_closed,
        )

    def _fit(self, finished: Finished) -> None:
        if self.shown is finished.run:  # the cells of the grid are smaller now
            fit_to_shown(self._viewer)

    def _ends(self, finished: Finished) -> list[Layer]:
        """Return the first and the last layer: the grey image and the coloured one."""
        assert finished.run is not None
        ends = finished.target_in(self._viewer.layers), finished.run.layers.final
        return [layer for layer in ends if layer is not None]
