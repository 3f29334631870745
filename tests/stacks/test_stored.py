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


@pytest.mark.parametrize("shape", [(4, 5, 3), (4, 5, 2)])
def test_image_with_colors_or_alpha_is_not_a_stack(shape):
    image = np.zeros(shape, np.uint8)
    image[..., 0] = 200
    with pytest.raises(BadPairError, match=r"'scan\.png' has colours or alpha"):
        as_stack(Picture(image, Description(name="scan.png")))
