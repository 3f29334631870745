"""Fixtures: a result that was steered in every way and saved, and the images it was made from."""

import numpy as np
import pytest
from tiny_run import TINY

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.files.decoding import read_image
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.pair.hints import Hints
from napari_oneshot_color.pair.prepare import Source
from napari_oneshot_color.steering.fading import fade
from napari_oneshot_color.steering.hinting import apply_hints
from napari_oneshot_color.steering.recoloring import recolor

LOOKS_AT_SOURCE = {"network": "chroma", "neighbour_weight": 0.25, "smoothing": "guided"}
COLORS = {1: (0.9, 0.2, 0.1), 2: (0.1, 0.3, 0.8)}


@pytest.fixture
def hints(target):
    labels = np.zeros(target.shape, np.uint8)
    labels[10:14, 20:30] = 1
    labels[50:52, 5:9] = 2
    return Hints(labels, COLORS)


@pytest.fixture
def images(tmp_path, source, target):
    """A folder with two sources and a target."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, image in {"a.png": source, "b.png": source[::-1], "scan.tif": target}.items():
        (folder / name).write_bytes(encode_image(image, name[-4:]))
    return folder


@pytest.fixture
def made(tmp_path, images, hints):
    """The folder of a result of two sources, with edited regions, hints and fading; its images."""
    first, second, scan = (read_image(images / name) for name in ("a.png", "b.png", "scan.tif"))
    sources = [Source(first, "a.png", weight=2), Source(second, "b.png", limits=(5, 250))]
    settings = Settings(**TINY | LOOKS_AT_SOURCE)
    result = colorize(sources, scan, settings, target_limits=(10, 240), target_name="scan.tif")
    edited = result.regions.copy()
    edited[:10] = 1
    result = recolor(result, edited, {1: (0.2, 0.7, 0.3)}, excluded=[2])
    result = fade(apply_hints(result, hints), 9.0)
    return result.save(tmp_path / "result"), result
