"""Likeness grows with what two images share, and is symmetric."""

import numpy as np
import pytest
import torch
from skimage import data
from skimage.util import img_as_float32

from napari_oneshot_color.matching.descriptor import find_descriptor
from napari_oneshot_color.matching.likeness import SEEN_AT, likeness, seen_from_afar

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def seen():
    descriptor = find_descriptor("efficientnet-lite0", CPU)
    camera = img_as_float32(data.camera())
    coins = img_as_float32(data.coins())
    images = {
        "left": camera[:, :320],
        "right": camera[:, 192:],
        "other": coins[:256, :320],
        "wide": np.tile(camera[:128], (1, 12)),
    }
    return {name: seen_from_afar(grey, descriptor, CPU) for name, grey in images.items()}


def test_an_image_is_like_itself(seen):
    assert likeness(seen["left"], seen["left"]) == pytest.approx(1, abs=1e-5)


def test_halves_that_overlap_are_more_alike_than_different_things(seen):
    assert likeness(seen["left"], seen["right"]) > likeness(seen["left"], seen["other"]) + 0.1


def test_likeness_does_not_depend_on_the_order(seen):
    forth, back = (
        likeness(seen[one], seen[other]) for one, other in (("left", "other"), ("other", "left"))
    )
    assert forth == pytest.approx(back, abs=1e-6)


def test_places_have_norm_one_and_a_panorama_is_no_more_work(seen):
    for groups in seen.values():
        for group in groups:
            assert torch.allclose(group.norm(dim=1), torch.ones(len(group)), atol=1e-5)
    most = 1.1 * 4 * SEEN_AT**2 / 8**2  # every second cell of 4 x 4 px, and rims
    assert all(len(group) <= most for group in seen["wide"])
