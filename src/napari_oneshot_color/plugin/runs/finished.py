"""A finished run with its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import ref

from napari_oneshot_color.plugin.layers.snapshot import is_in
from napari_oneshot_color.plugin.runs.verdict import verdict

if TYPE_CHECKING:
    from napari.components import LayerList
    from napari.layers import Layer

    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.runs.run import Run
    from napari_oneshot_color.result.result import Result
    from napari_oneshot_color.settings import Settings

__all__ = ["Finished"]


@dataclass(frozen=True, eq=False)
class Finished:
    """A finished run with its inputs.

    Attributes
    ----------
    inputs : Inputs
        The state of the layers when it started.
    settings : Settings
        The requested settings, in which automatic values are not resolved.
    colorizer : Colorizer
        The trained colorizer.
    run : Run or None
        Its layers and its result; None if it failed after some training.
    remark : str
        Added to the name of a run that has no result.
    seconds : float
        Its duration.
    target : weakref or None
        The layer that it coloured, as long as it exists.
    """

    inputs: Inputs
    settings: Settings
    colorizer: Colorizer
    run: Run | None = None
    remark: str = ""
    seconds: float = 0.0
    target: ref[Layer] | None = None

    @property
    def title(self) -> str:
        """Its name in a list."""
        if self.run is None:
            return f"{self.inputs.target.name}{self.remark}"
        return self.run.title

    @property
    def result(self) -> Result | None:
        """The result as it is shown, with the user's changes."""
        return None if self.run is None else self.run.shown

    def target_in(self, layers: LayerList) -> Layer | None:
        """Return the layer that it coloured, if it is still in the list."""
        layer = None if self.target is None else self.target()
        return layer if is_in(layers, layer) else None

    def verdict(self) -> tuple[str, str]:
        """Say whether to trust the result.

        Returns
        -------
        tuple of str
            A few words, and sentences with the reasons; both empty if there is no result.
        """
        from napari_oneshot_color.stages.uncertainty import doubt  # needs torch

        result = self.result
        if result is None:
            return "", ""
        reasons = verdict(result)
        doubtful = doubt(result.uncertainty, result.record.novelty, result.record.match)
        if doubtful is not None:
            others = [reason for reason in reasons if reason != doubtful]
            return "do not trust it yet", " ".join([doubtful, *others])
        words = "looks reliable" if result.uncertainty is not None else "not judged"
        return words, " ".join(reasons)

    def is_kept_beside(self, other: Finished) -> bool:
        """Return whether to keep it once another run has finished.

        It is dropped if the other run refreshed its layers, or if the user removed all of them.
        """
        if self.run is None:
            return True
        layers = self.run.layers
        is_replaced = other.run is not None and layers.is_taken_over_by(other.run.layers)
        return not is_replaced and layers.has_layers
