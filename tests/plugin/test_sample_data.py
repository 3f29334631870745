"""The sample pairs as layers: source, hidden truth, grey target."""

import numpy as np
import pytest

from napari_oneshot_color.plugin import sample_data

SAMPLES = ["motorcycle", "immunohistochemistry", "retina"]


@pytest.fixture(params=SAMPLES)
def pair(request):
    return getattr(sample_data, f"{request.param}_layers")()


def test_source_is_in_color_and_the_target_is_grey(pair):
    (source, of_source, _), (truth, of_truth, _), (target, of_target, _) = pair
    assert [kind for _, _, kind in pair] == ["image"] * 3
    assert source.ndim == 3
    assert of_source["rgb"]
    assert target.ndim == 2
    assert not of_target["rgb"]
    assert truth.shape == (*target.shape, 3)
    assert of_truth["name"].endswith(", true colours")


def test_truth_is_hidden_and_marked(pair):
    options = pair[1][1]
    assert options["visible"] is False
    assert options["metadata"] == {"napari-oneshot-color": {"truth": True}}


def test_source_lies_left_of_the_target_with_a_gap(pair):
    (source, options, _), _, (_, of_target, _) = pair
    y, x = options["translate"]
    assert y == 0
    assert -1.1 * source.shape[1] < x < -source.shape[1]
    assert "translate" not in of_target


def test_target_is_the_truth_without_its_color(pair):
    truth, target = pair[1][0], pair[2][0]
    grey = truth @ np.array([0.2126, 0.7152, 0.0722])
    assert np.corrcoef(grey.ravel(), target.ravel())[0, 1] > 0.98
