"""Cells are described by numbers that are comparable between images."""

import numpy as np
import pytest
import torch

from napari_oneshot_color.matching.cells import CellReader
from napari_oneshot_color.matching.descriptor import find_descriptor
from napari_oneshot_color.pixels.color import luminance

CPU = torch.device("cpu")


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return [rng.random((66, 80, 3)).astype(np.float32) for _ in range(2)]


def test_numbers_of_the_sources_are_standardized(images):
    reader = CellReader(images, None, 1.0, 0, CPU)
    numbers = torch.cat([source.cells.numbers for source in reader.sources])
    assert reader.sources[0].cells.shape == (17, 20)
    assert reader.local_count == numbers.shape[1] == 15
    np.testing.assert_allclose(numbers.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(numbers[:, :14].std(0), 1, atol=0.02)


def test_an_image_has_the_same_numbers_as_target_and_as_source(images):
    reader = CellReader(images, find_descriptor("efficientnet-lite0", CPU), 0.5, 3, CPU)
    [first, _], grey = reader.sources, luminance(images[0])
    for cells in (reader.of(grey), reader.of_source(images[0]).cells):
        np.testing.assert_allclose(cells.numbers, first.cells.numbers, atol=2e-3)
        np.testing.assert_allclose(cells.planes, first.cells.planes, atol=2e-3)
        assert cells.planes.shape == (3, 17, 20)
    torch.testing.assert_close(reader.described(grey), reader.of(grey).described)
    np.testing.assert_array_equal(
        first.cells.numbers[:, 15:], 0.5 * first.cells.described.flatten(0, 1)
    )


def test_without_a_descriptor_there_are_no_descriptor_numbers(images):
    reader = CellReader(images, None, 1.0, 3, CPU)
    cells = reader.of(luminance(images[0]))
    assert reader.described(luminance(images[0])) is None
    assert cells.described is None
    assert cells.planes.shape == (0, 17, 20)
