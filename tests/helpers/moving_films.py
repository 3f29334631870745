"""Small films, of a moving camera or a still scene, and a colorizer without a network."""

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_oneshot_color import Settings, train
from napari_oneshot_color.pixels.color import luminance

SHAPE = (64, 80)
STEP = 2  # px to the right from frame to frame


def tiny_film(frames, seed=0):
    """Make frames in colour, ``(T, H, W, 3)`` float32 in [0, 1], and their luminance."""
    height, width = SHAPE
    picture = np.random.default_rng(seed).random((height, width + STEP * frames, 3))
    picture = gaussian_filter(picture, (2, 2, 0))
    picture = (picture - picture.min()) / np.ptp(picture)
    colors = [picture[:, STEP * number :][:, :width] for number in range(frames)]
    colors = np.stack(colors).astype(np.float32)
    return colors, np.stack([luminance(frame) for frame in colors])


def still_film(frames, noise=0.01):
    """Make one frame in colour, and grey ones of the same scene with noise of their own."""
    colors, grey = tiny_film(1)
    noisy = grey + np.random.default_rng(1).normal(0, noise, (frames, *SHAPE))
    return colors[0], np.clip(noisy, 0, 1).astype(np.float32)


def looking_colorizer(image, **changes):
    """Make a colorizer that only looks at its source."""
    values = {"working_size": 64, "descriptor": "none", "device": "cpu", **changes}
    return train(image, Settings.preset("instant", **values))
