"""What layers show of a result's images."""

import numpy as np

from napari_oneshot_color.files.formats import as_dtype


def as_shown(image):
    """Bring colours, float32 in [0, 1], to the bytes that a layer has."""
    return as_dtype(image, np.dtype(np.uint8))


STAGES = ("tiles", "merged", "regions", "quickshift", "final")
"""The layers of a run that shows its stages."""
