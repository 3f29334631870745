"""An image that was read as a stack of one slice."""

import numpy as np
import pytest

from napari_oneshot_color.errors import BadPairError
from napari_oneshot_color.files.picture import Description, Picture
from napari_oneshot_color.stacks.stored import PART, as_stack


def test_image_becomes_a_lazy_slice_in_parts():
    image = np.zeros((PART + 1, 10), np.uint16)
    stack = as_stack(Picture(image, Description(name="scan.png")))
    assert stack.data.chunks == ((PART, 1), (10,))
    assert stack.data.dtype == np.uint16
    assert stack.axes == ("y", "x")
    assert stack.scale is None


def test_image_with_colours_is_no_stack():
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    with pytest.raises(BadPairError, match=r"'scan\.png' has colours or alpha"):
        as_stack(Picture(image, Description(name="scan.png")))


def test_nearly_grey_image_is_taken_as_its_grey():
    grey = np.random.default_rng(0).integers(0, 256, (4, 5), np.uint8)
    stack = as_stack(Picture(np.dstack([grey] * 3), Description(name="scan.png")))
    np.testing.assert_array_equal(stack.data.compute(), grey)


def test_size_of_a_pixel_goes_along():
    about = Description(name="scan.tif", pixel_size=(0.5, 0.25, "um"))
    stack = as_stack(Picture(np.zeros((4, 5), np.uint8), about))
    assert (stack.scale, stack.units) == ((0.5, 0.25), ("um", "um"))
