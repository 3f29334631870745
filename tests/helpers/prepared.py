"""Images as a training takes them."""

import numpy as np

from napari_oneshot_color.pair.prepare import Prepared


def prepared(image, weight=1.0):
    """Prepare an image, uint8 or float32, at its own size."""
    scaled = image / np.float32(255) if image.dtype == np.uint8 else image
    return Prepared(scaled, scaled, "source", "", weight=weight)
