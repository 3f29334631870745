"""The pictures of a result show what they should, at a size for screens."""

import io

import imagecodecs
import numpy as np
import pytest

from napari_oneshot_color.result import pictures


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


def test_contact_sheet_shows_the_truth_where_it_is_known(result, tmp_path, monkeypatch):
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


def test_pictures_are_shrunk_before_they_are_drawn_and_tall_ones_stay_in_bounds(monkeypatch):
    drawn = []
    monkeypatch.setattr(pictures, "_show", lambda axes, image: drawn.append(image.shape))
    sheet = pictures._grid({"tall": np.zeros((5000, 1300), np.float32)}, columns=4)
    assert drawn == [(2462, 640)]
    height, width, _ = imagecodecs.png_decode(sheet).shape
    assert width == 1280
    assert height < 700


def test_loss_curves_show_all_four_losses(result, monkeypatch):
    labels = []
    real = pictures.Axes.plot

    def noted(self, *args, **options):
        labels.append(options["label"])
        return real(self, *args, **options)

    monkeypatch.setattr(pictures.Axes, "plot", noted)
    picture = imagecodecs.png_decode(pictures.loss_curves(result.losses))
    assert picture.shape == (420, 1280, 4)
    assert len(labels) == 4
    for name in ("discriminator", "generator", "cross-entropy", "reconstruction"):
        assert any(name in label for label in labels)


def test_epochs_strip_shows_one_picture_for_each_epoch(result, monkeypatch):
    titles = []
    real = pictures.Axes.set_title

    def noted(self, title, **options):
        titles.append(title)
        return real(self, title, **options)

    monkeypatch.setattr(pictures.Axes, "set_title", noted)
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
