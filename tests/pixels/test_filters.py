"""Filters of tensors: the matrix products used on a GPU equal SciPy on the CPU."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.transform import resize_local_mean

from napari_oneshot_color.pixels import filters

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40))


class Elsewhere(torch.Tensor):
    """A CPU tensor that claims to be on another device."""

    @property
    def device(self):
        return torch.device("meta")

    def to(self, *args, **kwargs):
        return self


@pytest.fixture(autouse=True)
def _matrices_stay_here(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "to", lambda self, device, *dtype: self)


def on_both(image):
    here = torch.from_numpy(image)
    return here, here.as_subclass(Elsewhere)


def values(found):
    return found.as_subclass(torch.Tensor).numpy()


@pytest.mark.parametrize("sigma", [0, 0.7, 1, 4, 16])
@given(shape=SHAPES)
def test_gaussian_is_scipys_on_every_device(sigma, shape):
    image = np.random.default_rng(shape[0]).random(shape)
    wanted = ndimage.gaussian_filter(image, sigma)
    for tensor in on_both(image):
        np.testing.assert_allclose(values(filters.gaussian(tensor, sigma)), wanted, atol=1e-12)


@pytest.mark.parametrize("sigma", [1, 4])
@given(shape=SHAPES)
def test_slope_is_scipys_on_every_device(sigma, shape):
    image = np.random.default_rng(shape[1]).random(shape)
    wanted = ndimage.gaussian_gradient_magnitude(image, sigma)
    for tensor in on_both(image):
        found = values(filters.gaussian_gradient_magnitude(tensor, sigma))
        np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("side", [1, 3, 9])
@given(shape=SHAPES)
def test_mean_over_a_square_is_scipys_on_every_device(side, shape):
    image = np.random.default_rng(sum(shape)).random(shape)
    wanted = ndimage.uniform_filter(image, side)
    for tensor in on_both(image):
        np.testing.assert_allclose(values(filters.uniform(tensor, side)), wanted, atol=1e-12)


@given(small=SHAPES, extra=SHAPES)
def test_means_over_areas_are_scikit_images_on_every_device(small, extra):
    shape = small[0] + extra[0], small[1] + extra[1], 2
    image = np.random.default_rng(sum(shape)).random(shape, np.float32)
    wanted = resize_local_mean(image, small, channel_axis=2)
    for tensor in on_both(image):
        np.testing.assert_allclose(values(filters.area_means(tensor, small)), wanted, atol=1e-5)
