"""Fading takes uncertain colour away, and no lightness."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.color import rgb2lab

from napari_oneshot_color import colorize
from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.steering.fading import fade, faded_sample


@pytest.fixture(scope="module")
def estimated(source, target, tiny):
    settings = tiny(
        network="chroma", neighbour_weight=0.25, smoothing="guided", use_regions=False,
        working_size=96, max_steps=8,
    )  # fmt: skip
    return colorize(np.tile(source, (2, 2, 1)), np.tile(target, (2, 2)), settings)


def test_fading_removes_color_and_keeps_lightness(estimated):
    threshold = float(np.median(estimated.uncertainty))
    faded = fade(estimated, threshold)
    np.testing.assert_array_equal(faded.lab[..., 0], estimated.lab[..., 0])
    before, after = (np.linalg.norm(r.lab[..., 1:], axis=-1) for r in (estimated, faded))
    assert (after <= before + 1e-4).all()
    share = np.where(before > 1e-3, after / np.maximum(before, 1e-3), 1)
    assert share[estimated.uncertainty < 0.99 * threshold].min() > 0.99
    assert share[estimated.uncertainty > 1.51 * threshold].max(initial=0) < 0.01
    assert faded.provenance["faded_above"] == threshold


def test_no_threshold_fades_nothing_and_zero_everything(estimated):
    np.testing.assert_allclose(fade(estimated, np.inf).final, estimated.final, atol=1e-5)
    grey = fade(replace(estimated, uncertainty=estimated.uncertainty + 1), 0).final
    assert np.abs(rgb2lab(grey)[..., 1:]).max() < 0.1


@pytest.mark.parametrize("threshold", [-1.0, np.nan])
def test_invalid_threshold_is_refused(estimated, threshold):
    with pytest.raises(BadPairError, match="Give a number of 0 or more"):
        fade(estimated, threshold)


def test_sample_shows_what_fading_does_in_some_pixels(estimated):
    threshold = float(np.median(estimated.uncertainty))
    whole = fade(estimated, threshold).final
    np.testing.assert_array_equal(faded_sample(estimated, threshold, 1), whole)
    some = faded_sample(estimated, threshold, 3)
    assert some.shape == whole[1::3, 1::3].shape
    away = np.abs(some - whole[1::3, 1::3]).mean()
    assert away < np.abs(some - estimated.final[1::3, 1::3]).mean() / 4
    unfaded = faded_sample(estimated, np.inf, 3)
    np.testing.assert_allclose(unfaded, estimated.final[1::3, 1::3], atol=1e-5)


def test_result_is_faded_once(estimated):
    with pytest.raises(BadPairError, match="is faded already"):
        fade(fade(estimated, 5.0), 4.0)


def test_result_is_left_unchanged(estimated):
    before = estimated.final.copy(), estimated.lab.copy(), dict(estimated.provenance)
    fade(estimated, 1.0)
    np.testing.assert_array_equal(estimated.final, before[0])
    np.testing.assert_array_equal(estimated.lab, before[1])
    assert estimated.provenance == before[2]


def test_result_without_an_estimate_is_refused(result):
    with pytest.raises(BadPairError, match="Choose the preset 'best'"):
        fade(result, 5.0)
