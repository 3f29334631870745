"""A target coloured from hints alone, without an example."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.plugin.layers.snapshot import is_in, metadata
from napari_oneshot_color.plugin.layers.tones import as_target
from napari_oneshot_color.plugin.runs.jobs import Jobs
from napari_oneshot_color.plugin.runs.run import Run

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Image, Layer

    from napari_oneshot_color.plugin.layers.snapshot import LayerImage
    from napari_oneshot_color.plugin.runs.session import Session

__all__ = ["HintsAlone"]

_NOTE = "The colour is what the user's hints spread to; it was neither learnt nor measured."


class HintsAlone:
    """Colours a target from hints alone, and again whenever they change.

    Parameters
    ----------
    layers : napari.components.LayerList
        Where the final layer goes.
    session : Session
        Knows which names are taken.
    onto : napari.layers.Image
        The target, a grey image.

    Attributes
    ----------
    onto : napari.layers.Image
        As given.
    hints_layer : Layer or None
        Where the user paints the hints.
    hints : Hints or None
        What is on it.
    """

    def __init__(self, layers: LayerList, session: Session, onto: Image) -> None:
        self._layers = layers
        self._session = session
        self._run: Run | None = None
        self._jobs = Jobs(newest_only=True)
        self.onto = onto
        self.hints_layer: Layer | None = None
        self.hints: Hints | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target in px."""
        height, width = as_target(self.onto).data.shape
        return height, width

    @property
    def hints_name(self) -> str:
        """What a hints layer is called."""
        return f"{self.onto.name} · hints"

    @property
    def is_colored(self) -> bool:
        """Whether the target was coloured, and the user still has the layer."""
        return self._run is not None and self._run.layers.final is not None

    def set_hints(self, hints: Hints | None) -> None:
        """Take the hints as they are now; what was coloured already follows them."""
        if hints is self.hints:
            return
        self.hints = hints
        if self.is_colored:
            self.color()

    def color(self) -> None:
        """Colour the target from the hints; where nothing is hinted at all it stays grey."""
        target = as_target(self.onto)
        self._jobs.ask(partial(_colored, target, self.hints), partial(self._show, target))

    def _show(self, target: LayerImage, colored: tuple[np.ndarray, dict[str, Any]]) -> None:
        if not is_in(self._layers, self.onto):
            return
        image, provenance = colored
        run = self._run
        if run is None or not self.is_colored:
            run = Run(self._layers, target, {"final"}, self._session.suffix(target.name))
        run.layers.show("final", image, metadata(provenance))
        if run is not self._run:
            self._run = run
            self._session.add(run)


def _colored(target: LayerImage, hints: Hints | None) -> tuple[np.ndarray, dict[str, Any]]:
    from napari_oneshot_color.steering.hinting import colorize_from_hints
    from napari_oneshot_color.versions import installed_version

    grey = target.array()
    if hints is None:
        hints = Hints(np.zeros(grey.shape, np.int32), {})
    image = colorize_from_hints(grey, hints, target_limits=target.limits)
    provenance = {
        "note": _NOTE,
        "version": installed_version("napari-oneshot-color"),
        "target": {"name": target.name, "height": image.shape[0], "width": image.shape[1]},
        "hints": hints.record.to_dict(),
        "notes": list(target.notes),
    }
    return image, provenance
