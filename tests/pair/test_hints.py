"""Hints survive saving and reading; invalid hints give clear errors."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from napari_oneshot_color.errors import BadFileError
from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.pair.hints import Hints, encode_hints, read_hints

COLORS = {1: (0.9, 0.2, 0.1), 2: (0.1, 0.3, 0.8)}


@pytest.fixture
def hints(target):
    labels = np.zeros(target.shape, np.uint8)
    labels[10:14, 20:30] = 1
    labels[50:52, 5:9] = 2
    return Hints(labels, COLORS)


def test_hints_survive_saving_and_reading(tmp_path, hints):
    for name, data in encode_hints(hints).items():
        (tmp_path / name).write_bytes(data)
    back = read_hints(tmp_path / "hints.tif")
    np.testing.assert_array_equal(back.labels, hints.labels)
    assert back.colors == COLORS
    assert back.record == hints.record


@pytest.mark.parametrize(
    ("labels", "colors", "sentence"),
    [
        (np.ones((8, 8), np.uint8), None, "no '.*hints.json'"),
        (np.ones((8, 8), np.uint8), "{", "cannot be read"),
        (np.ones((8, 8), np.uint8), '{"1": [1, 2, 3]}', "from 0 to 1"),
        (np.ones((8, 8), np.uint8), '{"1": [0.1]}', "from 0 to 1"),
        (np.ones((8, 8), np.uint8), '{"red": [1, 0, 0]}', "from 0 to 1"),
        (np.ones((8, 8), np.uint8), "[1]", "from 0 to 1"),
        (np.ones((8, 8), np.float32), '{"1": [1, 0, 0]}', "is not a label image"),
        (np.ones((8, 8, 3), np.uint8), '{"1": [1, 0, 0]}', "is not a label image"),
        (np.full((8, 8), -1, np.int32), '{"-1": [1, 0, 0]}', "negative"),
    ],
)
def test_bad_hint_files_give_a_clear_error(tmp_path, labels, colors, sentence):
    (tmp_path / "hints.tif").write_bytes(encode_image(labels, ".tif"))
    if colors is not None:
        (tmp_path / "hints.json").write_text(colors)
    with pytest.raises(BadFileError, match=sentence):
        read_hints(tmp_path / "hints.tif")


def test_hints_are_shrunk_to_the_mean_within_each_pixel():
    labels = np.zeros((6, 9), np.uint8)
    labels[0, 0], labels[1, 2], labels[5, 8] = 1, 2, 1
    hints = Hints(labels, {1: (1.0, 0.0, 0.0), 2: (0.0, 0.0, 1.0)})
    chroma, given = hints.shrunk((2, 3))
    red, blue = rgb2lab(np.eye(3, dtype=np.float32)[None, [0, 2]])[0, :, 1:]
    np.testing.assert_array_equal(given, [[True, False, False], [False, False, True]])
    np.testing.assert_allclose(chroma[0, 0], (red + blue) / 2, rtol=1e-5)
    np.testing.assert_allclose(chroma[1, 2], red, rtol=1e-5)
    assert not chroma[~given].any()
