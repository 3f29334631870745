"""Says whether a result as a whole is reliable, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_oneshot_color.result.result import Result

__all__ = ["verdict"]

_NO_ESTIMATE = (
    "This preset gives no estimate of how reliable the result is. Presets Best, Instant and "
    "Source only do."
)


def verdict(result: Result) -> list[str]:
    """Return sentences about the reliability of a result, its uncertainty and its clipping."""
    from napari_oneshot_color.stages.uncertainty import FAMILIAR, doubt

    record, sentences = result.record, []
    if result.uncertainty is None:
        sentences.append(_NO_ESTIMATE)
    else:
        doubtful = doubt(result.uncertainty, record.novelty, record.match)
        sentences.append(doubtful or "Looks reliable as a whole.")
        half, most = np.percentile(result.uncertainty, (50, 90))
        sentences.append(
            f"The uncertainty is below {half:.1f} in half of the pixels, and below {most:.1f} in "
            "nine tenths."
        )
    if record.novelty is not None:
        sentences.append(
            f"The target differs from the source {record.novelty:.1f} times as much as parts of "
            f"the source differ from each other; up to {FAMILIAR:g} is usual."
        )
    if record.clipped_fraction:
        sentences.append(
            f"{max(record.clipped_fraction, 0.001):.1%} of the pixels are paler than computed: "
            "sRGB cannot show such a colour at their lightness."
        )
    return sentences
