"""A run that has come to its end, with what it was made from."""

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
    """What a run made, and what it was made from.

    Attributes
    ----------
    inputs : Inputs
        The layers as they were when it began.
    settings : Settings
        As they were asked for: where the run chose for itself, they say so.
    colorizer : Colorizer
        What it learnt.
    run : Run or None
        Its layers and its result; None if it failed after it had learnt something.
    remark : str
        Set behind the name of a run that has no result.
    seconds : float
        How long it took.
    target : weakref or None
        The user's layer that it coloured, while it is there.
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
        """What it is called in a list."""
        if self.run is None:
            return f"{self.inputs.title}{self.remark}"
        return self.run.title

    @property
    def result(self) -> Result | None:
        """The result as it is shown: edited and steered, if it was."""
        return None if self.run is None else self.run.shown

    def target_in(self, layers: LayerList) -> Layer | None:
        """Find the grey image that it coloured, if the user still has it."""
        layer = None if self.target is None else self.target()
        return layer if is_in(layers, layer) else None

    def verdict(self) -> tuple[str, str]:
        """Say in a few words whether to trust the result, and in sentences why.

        Returns
        -------
        tuple of str
            Nothing, if there is no result.
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
        """Whether it is still wanted once another run has finished.

        One whose layers the other refreshed is not, nor one whose layers the user has all removed.
        """
        if self.run is None:
            return True
        layers = self.run.layers
        is_replaced = other.run is not None and layers.is_taken_over_by(other.run.layers)
        return not is_replaced and layers.has_layers
