"""Fixtures for the tests of stacks: a colorizer, coloured slices, and a folder."""

import dask.array as da
import numpy as np
import pytest

from napari_oneshot_color import train


@pytest.fixture(scope="session")
def colorizer(source, tiny):
    return train(source, tiny(), source_name="left.png")


@pytest.fixture
def colored():
    """Colours of ten slices in four chunks each; two of the slices are black."""
    values = np.random.default_rng(0).integers(0, 256, (10, 20, 30, 3), np.uint8)
    values[3:5] = 0
    return da.from_array(values, chunks=(1, 12, 20, 3))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "brain_colorized.zarr"
