"""What is to be said of a result as a whole: whether to believe it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_oneshot_color.result.result import Result

__all__ = ["verdict"]

_NO_ESTIMATE = (
    "Nothing tells how far to believe this result: only presets Best and Instant look at the "
    "source again for every place."
)


def verdict(result: Result) -> list[str]:
    """Say in sentences whether to believe a result, what is uncertain, and what was clipped."""
    from napari_oneshot_color.stages.uncertainty import FAMILIAR, doubt

    record, sentences = result.record, []
    if result.uncertainty is None:
        sentences.append(_NO_ESTIMATE)
    else:
        doubtful = doubt(result.uncertainty, record.novelty, record.match)
        sentences.append(doubtful or "Looks reliable as a whole.")
        half, most = np.percentile(result.uncertainty, (50, 90))
        sentences.append(
            f"Half of it is uncertain by less than {half:.1f}, nine tenths by less than {most:.1f}."
        )
    if record.novelty is not None:
        sentences.append(
            f"The target is {record.novelty:.1f} times as far from the source as parts of the "
            f"source are from each other; up to {FAMILIAR:g} is usual."
        )
    if record.clipped_fraction:
        sentences.append(
            f"{max(record.clipped_fraction, 0.001):.1%} of the pixels are paler than computed: no "
            "screen shows such a colour at their lightness."
        )
    return sentences
