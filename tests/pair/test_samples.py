"""Bundled pairs are available offline, and suit the method."""

import numpy as np
import pytest
from skimage.color import gray2rgb, rgb2lab

from napari_oneshot_color.pair import samples
from napari_oneshot_color.pair.prepare import prepare_source, prepare_target


@pytest.mark.parametrize(
    ("load", "shape"),
    [
        (samples.stereo_motorcycle, (500, 741)),
        (samples.immunohistochemistry, (512, 256)),
        (samples.retina, (1411, 705)),
    ],
)
def test_sample_is_a_color_source_and_a_grey_target_of_the_truth(load, shape, tiny):
    pair = load()
    assert pair.source.shape == pair.truth.shape == (*shape, 3)
    assert pair.target.shape == shape
    assert pair.source.dtype == pair.target.dtype == pair.truth.dtype == np.uint8
    assert (pair.source != pair.truth).any()
    part = slice(None, None, 7), slice(None, None, 7)
    lightness = rgb2lab(gray2rgb(pair.target[part]))[..., 0]
    np.testing.assert_allclose(lightness, rgb2lab(pair.truth[part])[..., 0], atol=0.3)
    assert prepare_source(pair.source, tiny()).notes == ()
    assert prepare_target(pair.target, tiny()).notes == ()
