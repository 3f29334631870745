"""The button that colours a whole stack into a zarr store, which the layer then shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import dask.array as da
from qtpy.QtWidgets import QFileDialog, QMessageBox, QPushButton

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.writing import check_name, check_writable
from napari_oneshot_color.plugin.layers.snapshot import file_name
from napari_oneshot_color.plugin.runs import notices

if TYPE_CHECKING:
    from napari_oneshot_color.plugin.runs.jobs import MakeSteps
    from napari_oneshot_color.plugin.stacks.live_layer import LiveSlices
    from napari_oneshot_color.progress import Progress

__all__ = ["ComputeAllButton"]


class _Start(Protocol):
    """Starts a run of the widget that the button is in."""

    def __call__(
        self,
        make_steps: MakeSteps,
        *,
        returned: Callable[[Any], None],
        failed: Callable[[], None],
    ) -> None: ...


class ComputeAllButton(QPushButton):
    """Asks for a place, and colours every slice of the last stack into it.

    Parameters
    ----------
    start : callable
        Starts a run.

    Attributes
    ----------
    live : LiveSlices or None
        The stack that was coloured last.
    """

    def __init__(self, start: _Start) -> None:
        super().__init__("Compute all…")
        self._start = start
        self._live: LiveSlices | None = None
        self._unfinished: Path | None = None
        self._is_free = True
        self.setToolTip("Colour every slice of the stack, and keep them all in a zarr store.")
        self.clicked.connect(self.ask_and_compute)
        self.refresh()

    @property
    def live(self) -> LiveSlices | None:
        """The stack that was coloured last."""
        return self._live

    @live.setter
    def live(self, live: LiveSlices | None) -> None:
        self._live = live
        self._unfinished = None
        self.refresh()

    def refresh(self, is_free: bool | None = None) -> None:
        """Enable the button if there is a stack to compute and nothing else runs."""
        if is_free is not None:
            self._is_free = is_free
        self.setEnabled(self._is_free and self._live is not None and self._live.is_shown)

    def ask_and_compute(self) -> None:
        """Ask where to write the store, and start."""
        live = self._live
        if live is None:
            return
        path = self._unfinished
        if path is None or not path.is_dir() or not self.ask_whether_to_go_on(path):
            path = self.ask_for_path(f"{file_name(live.target.name)} colorized.zarr")
            if path is None:
                return
            try:
                check_writable(path.parent)
                check_name(path)
            except BadFileError as error:
                notices.notify_error(error)
                return
            if path.is_dir() and not self.ask_whether_to_go_on(path):
                return
        self._start(
            partial(_steps, live, path, path.is_dir()),
            returned=partial(self._on_written, live, path),
            failed=lambda: None,
        )

    def ask_for_path(self, suggestion: str) -> Path | None:
        """Ask for the path of a store: a new one, or one to continue."""
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Keep the coloured stack in a zarr store",
            suggestion,
            "Zarr (*.zarr)",
        )
        if not name:
            return None
        path = Path(name)
        # a file dialog enters an existing store, as it does any folder
        stores = [one for one in (path, *path.parents) if one.suffix == ".zarr"]
        return stores[-1] if stores else path.with_name(path.name + ".zarr")

    def ask_whether_to_go_on(self, path: Path) -> bool:
        """Ask whether to complete a store that exists."""
        answer = QMessageBox.question(
            self,
            "Compute all",
            f"'{path.name}' is there already. Go on with it, and colour what it lacks?",
        )
        return answer == QMessageBox.StandardButton.Yes

    def _on_written(self, live: LiveSlices, path: Path, written: tuple[int, int]) -> None:
        done, total = written
        is_complete = done == total
        self._unfinished = None if is_complete else path
        if is_complete:
            live.replace(da.from_zarr(path))
            self.refresh()
            notices.notify(f"Saved in {path}")
            return
        parts = "slices" if total == live.slice_count else "parts of slices"
        notices.notify(
            f"Stopped: {done} of {total} {parts} are coloured. "
            f"'Compute all…' goes on with '{path.name}'."
        )


def _steps(
    live: LiveSlices, path: Path, resume: bool, stop: threading.Event
) -> Generator[Progress, None, tuple[int, int]]:
    """Write the store, and return how many of its chunks are written, and how many it has."""
    import zarr

    from napari_oneshot_color.stacks.zarr_writing import write_steps

    yield from write_steps(
        live.slices.colored,
        path,
        attributes=live.identity(),
        resume=resume,
        stop=stop,
        **live.target.geometry.described(live.target.data.shape[-2:]),
    )
    array = zarr.open_array(path, mode="r")
    return array.nchunks_initialized, array.nchunks
