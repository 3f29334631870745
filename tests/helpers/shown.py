"""A result's images as layers show them."""

import numpy as np

from napari_oneshot_color.files.formats import as_dtype


def as_shown(image):
    """Convert colours, float32 in [0, 1], to the bytes of a layer."""
    return as_dtype(image, np.dtype(np.uint8))


STAGES = ("tiles", "merged", "regions", "quickshift", "final")
"""The layers of a run that shows its stages."""
