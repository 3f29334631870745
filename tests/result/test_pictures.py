"""The pictures of a result show what they should, at a size for screens."""

import io

import imagecodecs
import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes

from napari_oneshot_color.pixels.resizing import resized
from napari_oneshot_color.result import pictures
from napari_oneshot_color.settings.fixed import UNCERTAINTY_LIMIT


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def test_contact_sheet_shows_the_truth_if_it_is_known(result, tmp_path, monkeypatch):
    shown = []
    real = pictures.contact_sheet

    def noted(panels):
        shown.append(list(panels))
        return real(panels)

    monkeypatch.setattr(pictures, "contact_sheet", noted)
    stages = ["source", "target", "tiles", "merged", "smoothed", "quickshift", "final"]
    folders = [result.save(tmp_path / "a"), result.save(tmp_path / "b", truth=result.final)]
    assert shown == [stages, [*stages, "truth"]]
    sheets = [(folder / "contact_sheet.png").read_bytes() for folder in folders]
    for sheet in sheets:
        assert imagecodecs.png_decode(sheet).shape[1] == 1280
    assert sheets[0] != sheets[1]


def test_pictures_are_shrunk_before_they_are_drawn_and_tall_ones_stay_in_bounds():
    tall = np.tile(np.linspace(0, 1, 5000, dtype=np.float32)[:, None], 1300)
    sheet = imagecodecs.png_decode(pictures.contact_sheet({"tall": tall, "flat": tall[:100]}))
    height, width, _ = sheet.shape
    assert width == 1280
    assert height < 700
    drawn = sheet[26:, :320, 0]
    middle = drawn[:, 160].astype(int)
    assert middle[0] <= 1
    assert middle[-1] >= 254
    assert (np.diff(middle) >= 0).all()
    inside = np.flatnonzero((drawn[1:-1] < 255).all(axis=0))
    assert abs(len(inside) - len(middle) * 1300 / 5000) <= 1
    assert inside[0] + inside[-1] == 319


def test_panels_of_a_sheet_hold_the_pixels_of_their_images(result):
    panels = {"source": result.source, "final": result.final}
    sheet = imagecodecs.png_decode(pictures.contact_sheet(panels))
    for place, image in enumerate(panels.values()):
        drawn = sheet[26:, 320 * place + 6 : 320 * place + 314]
        wanted = resized(image, drawn.shape[:2])
        assert np.abs(drawn / 255 - wanted).max() < 1 / 255


def test_loss_curves_show_all_four_losses(result, monkeypatch):
    labels = []
    real = Axes.plot

    def noted(self, *args, **options):
        labels.append(options["label"])
        return real(self, *args, **options)

    monkeypatch.setattr(Axes, "plot", noted)
    picture = imagecodecs.png_decode(pictures.loss_curves(result.losses))
    assert picture.shape == (420, 1280, 4)
    assert len(labels) == 4
    for name in ("discriminator", "generator", "cross-entropy", "reconstruction"):
        assert any(name in label for label in labels)


def test_epochs_strip_shows_one_picture_for_each_epoch(result, monkeypatch):
    titles = []
    real = pictures.ImageDraw.ImageDraw.text

    def noted(self, place, title, *args, **options):
        titles.append(title)
        return real(self, place, title, *args, **options)

    monkeypatch.setattr(pictures.ImageDraw.ImageDraw, "text", noted)
    pictures.epochs_strip(result.epochs)
    assert titles == ["epoch 1", "epoch 2"]


@pytest.mark.parametrize(("height", "width"), [(45, 47), (57, 83), (101, 33)])
def test_picture_of_the_regions_has_twice_any_size(height, width):
    target = np.random.default_rng(0).random((height, width), np.float32)
    picture = pictures.regions_picture(target, np.ones((height, width), np.int32))
    assert imagecodecs.png_decode(io.BytesIO(picture).getvalue()).shape[:2] == (
        2 * height,
        2 * width,
    )


@pytest.mark.parametrize("shape", [(40, 60), (3, 90), (90, 3)])
def test_uncertainty_is_drawn_in_its_colors_beside_a_scale(shape):
    uncertainty = np.full(shape, UNCERTAINTY_LIMIT / 2, np.float32)
    picture = imagecodecs.png_decode(pictures.uncertainty_picture(uncertainty))
    height, width, _ = picture.shape
    assert width == 640
    assert 150 < height <= 1120
    middle = picture[height // 2, 280, :3]
    wanted = matplotlib.colormaps["magma"](0.5, bytes=True)[:3]
    assert np.abs(middle.astype(int) - wanted).max() <= 1
    scale = picture[height // 2 - 20 : height // 2 + 20, 574, :3].astype(int)
    assert np.abs(scale - wanted).max(axis=-1).min() <= 2
