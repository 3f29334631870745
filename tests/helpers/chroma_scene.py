"""Fixtures: a small scene, and settings with which a network for its chroma trains in a moment."""

import numpy as np
import pytest

from napari_oneshot_color.pixels.color import lightness

CHROMA = {
    "network": "chroma",
    "tile_size": 64,
    "working_size": 64,
    "lattice_stride": 32,
    "generated_tiles": 1,
    "learning_rate": 0.002,
    "neighbour_weight": 0.25,
    "correspondence": True,
    "smoothing": "guided",
    "use_regions": False,
}


@pytest.fixture(scope="session")
def chroma(tiny):
    """Make tiny settings for chroma, with some fields changed."""

    def make(**changes):
        return tiny(**{**CHROMA, **changes})

    return make


@pytest.fixture(scope="session")
def scene():
    """A colour image of 64 x 96 px, float32: colour depends on lightness and on place."""
    rng = np.random.default_rng(0)
    grey = np.kron(rng.random((8, 12)), np.ones((8, 8)))
    image = np.stack([grey, 0.5 * grey + 0.2, 1 - grey], axis=-1)
    image[:32] = image[:32, :, ::-1]
    return image.astype(np.float32)


@pytest.fixture(scope="session")
def grey(scene):
    return lightness(scene[..., 1]) / 100
