"""Transparent pixels, notes, and problems that are known before a run starts."""

import numpy as np
import pytest

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.errors import BadPairError, BadSettingsError
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target
from napari_oneshot_color.pair.problems import source_problem, target_problem
from napari_oneshot_color.training.adversarial import AdversarialTraining


def test_transparent_pixels_are_not_learnt_from(source, tiny):
    alpha = np.full(source.shape[:2], 255, np.uint8)
    alpha[:, :20] = 0
    image = np.dstack([source, alpha])
    image[:, :20, :3] = 255, 0, 255  # what nobody sees
    prepared = prepare_source(image, tiny(), name="logo.png")
    assert prepared.notes[0].startswith("31% of 'logo.png' is fully transparent and was replaced")
    full = np.rint(prepared.full * 255)
    np.testing.assert_array_equal(full[:, 20:], source[:, 20:])
    np.testing.assert_array_equal(full[:, 19], source[:, 21])  # mirrored
    known = {tuple(pixel) for pixel in source[:, 20:].reshape(-1, 3)}
    assert {tuple(pixel) for pixel in full.reshape(-1, 3)} <= known


def test_fully_transparent_image_cannot_be_a_source(source, tiny):
    image = np.dstack([source, np.zeros(source.shape[:2], np.uint8)])
    assert "transparent throughout" in source_problem(image, tiny())
    image[:10, :10, 3] = 255
    image[:10, :10, :3] = 90
    assert "no colour" in source_problem(image, tiny())  # whatever is hidden


@pytest.mark.parametrize(("highest", "bits"), [(1000, 10), (4095, 12), (9000, 14), (20000, None)])
def test_few_used_bits_in_a_16_bit_file_are_reported(target, tiny, highest, bits):
    image = (target.astype(np.float64) / target.max() * highest).astype(np.uint16)
    notes = prepare_target(image, tiny(), name="camera.tif").notes
    assert notes == () if bits is None else f"{bits}-bit data" in notes[0]
    assert prepare_target(image, tiny(), (0, highest)).notes == ()


@pytest.mark.parametrize(
    ("working_size", "length", "is_refused"),
    [
        (256, 16_000, False),
        (256, 17_000, True),
        (1024, 64_000, True),
        (1024, 16_000, False),
        (0, 64_000, False),
        (0, 66_000, True),
    ],
)
def test_elongated_image_must_be_cut_before_it_fills_the_memory(working_size, length, is_refused):
    settings = Settings.preset("best", working_size=working_size)
    image = np.broadcast_to(np.zeros((), np.uint8), (max(256, working_size), length))
    sentence = target_problem(image, settings) or ""
    assert ("too elongated" in sentence) is is_refused


def test_problems_are_known_before_anything_starts(source, target, tiny, monkeypatch):
    def started(*args):
        raise AssertionError("training has started")

    monkeypatch.setattr(AdversarialTraining, "__init__", started)
    with pytest.raises(BadPairError):
        colorize(source, np.stack([target] * 3), tiny())
    with pytest.raises(BadSettingsError):
        colorize(source, target, tiny(device="cuda:99"))
