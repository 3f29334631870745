"""A run that has come to its end, with what it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_oneshot_color.colorizer.colorizer import Colorizer
    from napari_oneshot_color.plugin.layers.inputs import Inputs
    from napari_oneshot_color.plugin.runs.run import Run
    from napari_oneshot_color.result.result import Result

__all__ = ["Finished"]


@dataclass(frozen=True, eq=False)
class Finished:
    """What a run made, and what it was made from.

    Attributes
    ----------
    inputs : Inputs
        The layers as they were when it began.
    colorizer : Colorizer
        What it learnt.
    run : Run or None
        Its layers and its result; None if it failed after it had learnt something.
    remark : str
        Set behind the name of a run that has no result.
    """

    inputs: Inputs
    colorizer: Colorizer
    run: Run | None = None
    remark: str = ""

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

    def is_kept_beside(self, other: Finished) -> bool:
        """Whether it is still wanted once another run has finished.

        One whose layers the other refreshed is not, nor one whose layers the user has all removed.
        """
        if self.run is None:
            return True
        layers = self.run.layers
        is_replaced = other.run is not None and layers.is_taken_over_by(other.run.layers)
        return not is_replaced and layers.has_layers
