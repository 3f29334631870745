"""Colour in tensors is that of arrays, and has gradients."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from napari_oneshot_color.pixels.color import luminance, rgb_of_lab
from napari_oneshot_color.pixels.tensors import lab_of_tensor, luminance_of_tensor, rgb_of_tensor


@pytest.fixture(scope="module")
def colors():
    """Random colours from the whole of sRGB, many of them dark, 40 x 50 px."""
    return np.random.default_rng(0).random((40, 50, 3), np.float32) ** 3


def test_luminance_of_a_tensor_is_that_of_the_image(colors):
    tensor = torch.from_numpy(colors).permute(2, 0, 1)[None]
    grey = luminance_of_tensor(tensor)
    assert grey.shape == (1, 1, 40, 50)
    np.testing.assert_allclose(grey[0, 0], luminance(colors), atol=1e-6)


def test_lab_of_tensors_is_scikit_images(colors):
    tensor = torch.from_numpy(colors).permute(2, 0, 1)[None]
    lab = lab_of_tensor(tensor)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(lab, rgb2lab(colors), atol=0.02)
    back = rgb_of_tensor(lab_of_tensor(tensor))
    torch.testing.assert_close(back, tensor, atol=1e-4, rtol=0)


def test_colors_outside_srgb_are_clipped_alike_in_arrays_and_tensors():
    lab = np.random.default_rng(1).uniform([0, -110, -110], [100, 110, 110], (30, 20, 3))
    lab = lab.astype(np.float32)
    tensor = torch.from_numpy(lab).permute(2, 0, 1)[None]
    rgb = rgb_of_lab(lab)
    assert rgb.min() == 0
    assert 0.9999 < rgb.max() <= 1
    torch.testing.assert_close(
        rgb_of_tensor(tensor)[0].permute(1, 2, 0), torch.from_numpy(rgb), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("convert", [lab_of_tensor, rgb_of_tensor])
def test_gradients_of_black_are_finite(convert):
    black = torch.zeros(1, 3, 2, 2, requires_grad=True)
    convert(black).sum().backward()
    assert black.grad.isfinite().all()
