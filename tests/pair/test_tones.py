"""Grey scans stored as colour, toned prints, and colour are told apart."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import data

from napari_oneshot_color.pair.prepare import prepare_target
from napari_oneshot_color.pair.problems import target_problem
from napari_oneshot_color.pair.tones import grey_values, is_nearly_grey, is_toned


@pytest.fixture(scope="module")
def scan():
    """A grey scan stored as RGB, (96, 128, 3) uint8."""
    y, x = np.mgrid[:96, :128]
    grey = 120 + 70 * np.sin(x / 9) + 50 * np.cos(y / 7)
    return np.dstack([np.clip(grey, 0, 255).astype(np.uint8)] * 3)


def noisy(scan):
    noise = np.random.default_rng(0).normal(0, 3, scan.shape)
    return np.clip(scan + noise, 0, 255).astype(np.uint8)


def tinted(scan):
    return np.clip(np.add(scan.astype(int), (4, 1, -3)), 0, 255).astype(np.uint8)


def as_jpeg(scan):
    buffer = io.BytesIO()
    Image.fromarray(tinted(scan)).save(buffer, format="JPEG", quality=40)
    return np.asarray(Image.open(buffer))


def sepia(scan):
    unit = scan[..., :1] / 255
    return np.rint(255 * unit ** np.array([0.7, 1.0, 1.5])).astype(np.uint8)


@pytest.mark.parametrize("spoil", [noisy, tinted, as_jpeg], ids=["noise", "tint", "JPEG"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grey_scans_stored_as_color_are_targets(scan, tiny, spoil, dtype):
    image = spoil(scan)
    if dtype is np.uint16:
        image = image.astype(np.uint16) * 257
    elif dtype is np.float32:
        image = (image / 255).astype(np.float32)
    assert is_nearly_grey(image)
    assert target_problem(image, tiny()) is None
    prepared = prepare_target(image, tiny(), name="scan.jpg")
    assert prepared.notes == ("'scan.jpg' is grey with a slight tint: its luminance was used.",)
    assert np.abs(prepared.full * 255 - scan[..., 0]).mean() < 4
    grey = grey_values(image)
    assert grey.dtype == image.dtype
    high = 1 if dtype is np.float32 else np.iinfo(dtype).max
    assert np.abs(prepared.full - grey / high).max() < 0.02


def test_a_toned_print_raises_a_question(scan, tiny):
    print_ = sepia(scan)
    assert is_toned(print_)
    assert not is_nearly_grey(print_)
    assert "sepia" in target_problem(print_, tiny())
    assert target_problem(print_, tiny(target_luminance=True)) is None


@pytest.mark.parametrize("exponents", [(0.7, 1, 1.5), (1.5, 1, 0.7)], ids=["sepia", "cyanotype"])
@pytest.mark.parametrize("quality", [95, 40])
def test_toned_prints_are_recognized_in_spite_of_noise(exponents, quality):
    unit = data.camera()[::2, ::2, None] / 255
    noise = np.random.default_rng(0).normal(0, 3, (*unit.shape[:2], 3))
    print_ = np.clip(255 * unit ** np.array(exponents) + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(print_).save(buffer, format="JPEG", quality=quality)
    assert is_toned(np.asarray(Image.open(buffer)))


@pytest.mark.parametrize("name", ["coffee", "chelsea", "retina"])
def test_photographs_of_brown_things_are_not_toned_prints(name):
    assert not is_toned(getattr(data, name)())


def test_a_photograph_is_neither_grey_nor_toned(source, tiny):
    assert not is_nearly_grey(source)
    assert not is_toned(source)
    assert "in colour already" in target_problem(source, tiny())


@pytest.mark.parametrize(("dtype", "factor"), [(np.uint16, 16), (np.uint16, 1), (np.int32, 1)])
def test_colors_that_use_few_of_their_bits_are_recognized(source, dtype, factor):
    assert not is_nearly_grey(source.astype(dtype) * factor)


def test_transparent_pixels_have_no_tone(scan):
    image = np.dstack([scan, np.full(scan.shape[:2], 255, np.uint8)])
    image[:40] = 255, 0, 255, 0
    assert is_nearly_grey(image)


def test_a_colored_part_of_a_grey_image_is_color(scan, tiny):
    image = scan.copy()
    image[10:30, 10:40] = 200, 30, 40
    assert not is_nearly_grey(image)
    assert target_problem(image, tiny()) is not None
