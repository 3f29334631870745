"""The working size, which follows from how fine the source's colours are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from napari_oneshot_color import Settings, colorize
from napari_oneshot_color.pair import sizes
from napari_oneshot_color.pair.sizes import (
    choose_working_size,
    chroma_lost,
    source_working_shape,
    working_shape,
)


@pytest.mark.parametrize(
    ("shape", "working"),
    [
        ((256, 256), (256, 256)),
        ((512, 1024), (256, 512)),
        ((1024, 512), (512, 256)),
        ((500, 741), (256, 379)),
        ((200, 300), (200, 300)),  # never enlarged
        ((255, 4000), (255, 4000)),
        ((257, 257), (256, 256)),
    ],
)
def test_short_side_is_brought_down_to_the_working_size(shape, working):
    assert working_shape(*shape, 256) == working


@given(height=st.integers(1, 5000), width=st.integers(1, 5000), size=st.integers(32, 4096))
def test_working_shape_keeps_the_proportions(height, width, size):
    h, w = working_shape(height, width, size)
    assert min(h, w) == min(height, width, size)
    assert abs(h * width - w * height) <= max(height, width)


@pytest.mark.parametrize(
    ("source", "target", "scale", "wanted"),
    [
        ((500, 700), (1000, 1200), 0, (256, 358)),  # unknown: both short sides alike
        ((500, 700), None, 2, (256, 358)),
        ((500, 700), (1024, 1200), 1, (125, 175)),  # a pixel of both is as large
        ((500, 700), (1024, 1200), 2, (250, 350)),  # the source's is twice as large
        ((500, 700), (1024, 1200), 0.5, (62, 88)),
        ((500, 700), (1024, 1200), 8, (500, 700)),  # never enlarged
        ((500, 700), (100, 120), 1, (500, 700)),
    ],
)
def test_source_is_brought_to_the_scale_of_the_target(tiny, source, target, scale, wanted):
    settings = tiny(working_size=256, source_scale=scale)
    assert source_working_shape(source, target, settings) == wanted


def scene(fineness, shape=(600, 700), seed=0):
    """Make an image whose colours, not its greys, vary over `fineness` px."""
    rng = np.random.default_rng(seed)
    blobs = gaussian_filter(rng.standard_normal((*shape, 2)), (fineness, fineness, 0))
    blobs /= np.abs(blobs).max()
    red, blue = 0.5 + 0.3 * blobs[..., 0], 0.5 + 0.3 * blobs[..., 1]
    return np.stack([red, np.full(shape, 0.5), blue], axis=-1).astype(np.float32)


@pytest.fixture(scope="module")
def best():
    return Settings.preset("best")


def test_smooth_colors_need_no_more_than_the_smallest_size(best):
    size, reason = choose_working_size(np.tile(scene(60)[:300], (2, 1, 1)), None, best)
    assert size == 256 or "at 256 px" in reason


def test_fine_colors_need_the_largest_size_and_the_reason_is_reported(best):
    size, reason = choose_working_size(scene(3), None, best)
    assert size == 512
    assert reason.startswith("The working size is 512 px: the source's own colours would change by")
    assert "at 256 px" in reason
    assert "at 512 px" in reason


def test_less_is_lost_at_larger_sizes(best):
    image = scene(5)
    lost = [chroma_lost(image, size, best) for size in (128, 256, 384, 512)]
    assert lost == sorted(lost, reverse=True)
    assert lost[0] > 1.5 * lost[-1]


def test_no_size_is_chosen_for_a_small_image(best):
    assert choose_working_size(scene(3)[:256], None, best) == (256, "")
    assert choose_working_size(scene(3), (200, 900), best) == (256, "")


def test_no_size_is_larger_than_either_image(best):
    assert choose_working_size(scene(3)[:330], None, best)[0] == 330
    assert choose_working_size(scene(3), (400, 500), best)[0] in (384, 400)


@pytest.fixture(scope="module")
def stained():
    """Colours so fine, and so strong, that many are lost at 512 px."""
    image = scene(5, (1100, 1040))
    return np.clip(0.5 + 1.5 * (image - 0.5), 0, 1)


def test_very_fine_colors_take_a_network_beyond_512_px(best, stained):
    size, reason = choose_working_size(stained, None, best)
    assert size == 1024
    assert "at 512 px" in reason
    assert "at 1024 px" in reason
    assert choose_working_size(stained, None, Settings.preset("instant"))[0] == 512


def test_step_that_regains_little_is_not_taken(best, stained):
    pale = 0.5 + 0.15 * (stained - 0.5)
    size, reason = choose_working_size(pale, None, best)
    assert size == 512
    assert "at 768 px" in reason
    assert "1024" not in reason


@pytest.mark.parametrize(
    ("target", "others", "wanted"),
    [
        ((800, 1000), [], 768),
        ((1100, 3000), [], 768),
        ((1100, 5000), [], 512),
        (None, [(1100, 5000)], 512),
        (None, [(900, 1000)], 768),
    ],
)
def test_no_image_is_larger_than_the_memory_allows(
    best, stained, monkeypatch, target, others, wanted
):
    lost = {256: 9.0, 384: 7.0, 512: 5.0, 768: 3.0, 1024: 2.0}
    monkeypatch.setattr(sizes, "chroma_lost", lambda image, size, settings: lost[size])
    assert choose_working_size(stained, target, best, others)[0] == wanted


def test_run_records_the_chosen_size_and_repeats_it(tiny):
    source = (255 * scene(3, (300, 310))).astype(np.uint8)
    target = np.random.default_rng(1).integers(0, 255, (320, 330), np.uint8)
    settings = tiny(working_size=0, max_steps=1, generated_tiles=1, lattice_stride=32)
    result = colorize(source, target, settings)
    assert result.colorizer.settings.working_size == 300
    assert min(result.merged.shape[:2]) == 300
    assert any("working size is 300 px" in note for note in result.provenance["notes"])
    again = colorize(source, target, result.colorizer.settings)
    np.testing.assert_array_equal(again.final, result.final)


def test_given_size_is_used(tiny):
    source = (255 * scene(3, (300, 310))).astype(np.uint8)
    target = np.random.default_rng(1).integers(0, 255, (320, 330), np.uint8)
    result = colorize(source, target, tiny(max_steps=1))
    assert min(result.merged.shape[:2]) == 48
    assert not any("working size" in note for note in result.provenance["notes"])
