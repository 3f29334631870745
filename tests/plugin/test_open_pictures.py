"""Pictures opened from the menu are upright; napari's own reader is still used elsewhere."""

import io

import numpy as np
import pytest
from byte_files import exif
from napari import current_viewer
from napari.plugins import _npe2
from PIL import Image
from qtpy.QtWidgets import QFileDialog

from napari_oneshot_color.files.formats import encode_image
from napari_oneshot_color.plugin.layers.snapshot import snapshot
from napari_oneshot_color.plugin.layers.tones import TONES, Tone
from napari_oneshot_color.plugin.open_pictures import add_pictures, open_pictures

RED, BLUE = (200, 60, 30), (40, 70, 220)


@pytest.fixture
def photo(tmp_path):
    """Red above blue, stored on its side as by a phone that was held upright."""
    image = np.zeros((48, 40, 3), np.uint8)
    image[:24], image[24:] = RED, BLUE
    path = tmp_path / "IMG_1.jpg"
    lying = Image.fromarray(np.rot90(image))
    lying.save(path, quality=97, exif=exif(6), subsampling=0)
    return path


def test_photograph_is_turned_upright(viewer, photo):
    add_pictures(viewer.layers, [photo])
    (layer,) = viewer.layers
    assert (layer.name, layer.rgb, layer.data.shape) == ("IMG_1", True, (48, 40, 3))
    assert np.abs(layer.data[3, 3].astype(int) - RED).max() < 6
    assert np.abs(layer.data[-3, 3].astype(int) - BLUE).max() < 6
    assert snapshot(layer).limits is None


def test_conversions_are_reported_and_unreadable_files_stop_nothing(viewer, tmp_path, said):
    inks = Image.new("CMYK", (40, 40), (0, 200, 200, 0))
    inks.save(tmp_path / "inks.jpg")
    (tmp_path / "bad.png").write_bytes(b"nothing")
    add_pictures(viewer.layers, [tmp_path / "bad.png", tmp_path / "inks.jpg"])
    assert [layer.name for layer in viewer.layers] == ["inks"]
    assert said() == [
        "'bad.png' cannot be read: it is damaged or empty.",
        "'inks.jpg' contains printing inks (CMYK): it was converted to sRGB.",
    ]


def test_grey_with_alpha_stacks_and_16_bits_are_shown_unchanged(viewer, tmp_path, target):
    with_alpha = np.dstack([target, np.full_like(target, 200)])
    buffer = io.BytesIO()
    Image.fromarray(with_alpha).save(buffer, format="PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    (tmp_path / "b.tif").write_bytes(encode_image(target.astype(np.uint16) * 16, ".tif"))
    add_pictures(viewer.layers, [tmp_path / "a.png", tmp_path / "b.tif"])
    first, second = viewer.layers
    assert first.rgb
    np.testing.assert_array_equal(first.data, with_alpha[..., [0, 0, 0, 1]])
    assert TONES.of(first) is Tone.GREY
    assert not second.rgb
    assert list(second.contrast_limits) == [0, 65535]


def test_menu_opens_a_dialog_for_pictures(real_viewer, photo, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(photo)], ""))
    assert current_viewer() is not None
    open_pictures()
    assert [layer.name for layer in real_viewer.layers] == ["IMG_1"]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    open_pictures()
    assert len(real_viewer.layers) == 1


def test_napari_does_not_ask_for_the_reader_of_a_photograph(photo):
    assert "napari-oneshot-color" not in _npe2.get_readers(str(photo))
