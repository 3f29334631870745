"""Hidden colours are neither shown nor learnt: their place takes what is around."""

import numpy as np
import pytest

from napari_oneshot_color.pair.transparency import opaque, shown


@pytest.fixture
def half():
    """A picture whose right half is transparent, and hides red."""
    image = np.random.default_rng(0).integers(0, 200, (20, 30, 4), dtype=np.uint8)
    image[..., 3] = 128
    image[:, 15:] = (255, 0, 0, 0)
    return image


def test_image_without_alpha_is_shown_whole_and_stays_as_it_is(half):
    assert shown(half[..., :3]).all()
    pixels, notes = opaque(half[..., :3], "a")
    np.testing.assert_array_equal(pixels, half[..., :3])
    assert notes == ()


def test_translucent_pixels_are_shown_and_transparent_ones_are_not(half):
    np.testing.assert_array_equal(shown(half), np.tile(np.arange(30) < 15, (20, 1)))


def test_hidden_colors_are_replaced_by_the_mirrored_surroundings(half):
    pixels, [note] = opaque(half, "logo")
    np.testing.assert_array_equal(pixels[:, :15], half[:, :15, :3])
    np.testing.assert_array_equal(pixels[:, 15:29], half[:, 13::-1, :3])
    assert note.startswith("50% of 'logo' is fully transparent")


def test_alpha_that_hides_nothing_is_dropped(half):
    pixels, [note] = opaque(half[:, :15], "a")
    np.testing.assert_array_equal(pixels, half[:, :15, :3])
    assert "dropped" in note
