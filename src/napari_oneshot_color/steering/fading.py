"""What to do about uncertain colour: fade it, or warn of the whole result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.pixels.color import colored_in_strips
from napari_oneshot_color.provenance import check_not_steered
from napari_oneshot_color.resizing import resized
from napari_oneshot_color.result.result import Result

__all__ = ["fade", "warning_about"]

_FADED = 1.5  # times the threshold, and nothing of the colour is left
_DOUBTFUL = 12.0  # a median from which the user is warned
_NOVEL = 3.0  # a novelty above which there is a warning, too


def fade(result: Result, threshold: float) -> Result:
    """Take the colour away where it is too uncertain: the target's own grey is left.

    Parameters
    ----------
    result : Result
        Left as it is.
    threshold : float
        In units of a* and b*: the colour begins to fade there, and is gone at one and a half times
        as much. Infinity fades nothing.

    Returns
    -------
    Result
        With new `final` and `lab`.

    Raises
    ------
    BadPairError
        If the result has no estimate, as the settings did not look at the source, or is faded
        already; or if the threshold is below 0 or not a number.
    """
    if not threshold >= 0:
        raise BadPairError(f"Colours cannot fade above {threshold}. Give a number from 0 up.")
    check_not_steered(result.provenance, "faded_above")
    if result.uncertainty is None:
        raise BadPairError(
            "This result has no uncertainty. Choose the preset 'best', or another one with "
            "network 'chroma'."
        )
    if threshold == np.inf:
        return result
    if threshold > 0:
        kept = np.interp(result.uncertainty, [threshold, _FADED * threshold], [1.0, 0.0])
    else:
        kept = np.where(result.uncertainty < threshold, 1.0, 0.0)
    share = resized(kept.astype(np.float32), result.target.shape)
    final, lab, clipped = colored_in_strips(
        result.target, lambda rows: result.lab[rows, :, 1:] * share[rows, :, None]
    )
    told = {"faded_above": threshold, "clipped_fraction": clipped}
    return replace(result, final=final, lab=lab, provenance=result.provenance | told)


def warning_about(result: Result) -> str | None:
    """Say in a sentence that a result is doubtful as a whole, or None."""
    novelty = result.provenance.get("novelty", 0.0)
    if novelty > _NOVEL:
        return (
            f"Do not trust these colours as they are: the target is {novelty:.0f} times as far "
            "from what the source shows as parts of the source are from each other. Choose a "
            "source that looks more like the target, at the same scale and in the same light."
        )
    if result.uncertainty is None or np.median(result.uncertainty) < _DOUBTFUL:
        return None
    return (
        "Do not trust these colours as they are: over more than half of the target, what tells the "
        f"colour contradicts itself by {np.median(result.uncertainty):.0f} in a*, b*. 'Hints and "
        "trust' shows where; or choose a source that looks more like the target."
    )
